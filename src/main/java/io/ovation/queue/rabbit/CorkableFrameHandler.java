package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MetricsCollector;
import com.rabbitmq.client.impl.AMQConnection;
import com.rabbitmq.client.impl.ConnectionParams;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/**
 * A connection's frames. The client flushes the socket after each command; while a thread has
 * corked the connection, its commands stay in the buffer (8 KiB, then they are written all the
 * same), so that many share one system call here and one wake-up in RabbitMQ. Other threads flush
 * as always, the corked frames with theirs.
 */
final class CorkableFrameHandler implements FrameHandler {
  private final FrameHandler socket;
  private volatile @Nullable Thread corkedBy;

  CorkableFrameHandler(FrameHandler socket) {
    this.socket = socket;
  }

  /** Makes connections that can be corked. */
  static final class Factory extends ConnectionFactory {
    @Override
    protected AMQConnection createConnection(
        ConnectionParams params, FrameHandler socket, MetricsCollector metrics) {
      return super.createConnection(params, new CorkableFrameHandler(socket), metrics);
    }
  }

  /** Of a connection; null if it was not made by {@link Factory}. */
  static @Nullable CorkableFrameHandler of(Connection connection) {
    return connection instanceof AMQConnection made
            && made.getFrameHandler() instanceof CorkableFrameHandler corkable
        ? corkable
        : null;
  }

  /** This thread's commands wait for {@link #uncork}. One thread at a time. */
  void cork() {
    corkedBy = Thread.currentThread();
  }

  /** Writes them. */
  void uncork() throws IOException {
    corkedBy = null;
    socket.flush();
  }

  @Override
  public void flush() throws IOException {
    if (corkedBy != Thread.currentThread()) {
      socket.flush();
    }
  }

  @Override
  public void setTimeout(int timeoutMs) throws SocketException {
    socket.setTimeout(timeoutMs);
  }

  @Override
  public int getTimeout() throws SocketException {
    return socket.getTimeout();
  }

  @Override
  public void sendHeader() throws IOException {
    socket.sendHeader();
  }

  @Override
  public void initialize(AMQConnection connection) {
    socket.initialize(connection);
  }

  @Override
  public Frame readFrame() throws IOException {
    return socket.readFrame();
  }

  @Override
  public void writeFrame(Frame frame) throws IOException {
    socket.writeFrame(frame);
  }

  @Override
  public void close() {
    socket.close();
  }

  @Override
  public InetAddress getLocalAddress() {
    return socket.getLocalAddress();
  }

  @Override
  public int getLocalPort() {
    return socket.getLocalPort();
  }

  @Override
  public InetAddress getAddress() {
    return socket.getAddress();
  }

  @Override
  public int getPort() {
    return socket.getPort();
  }
}
