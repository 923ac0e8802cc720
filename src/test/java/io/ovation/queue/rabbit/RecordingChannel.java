package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConfirmCallback;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.Return;
import com.rabbitmq.client.ReturnCallback;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.impl.AMQConnection;
import com.rabbitmq.client.impl.FrameHandler;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A channel and its connection that record their calls, while the test plays the broker. */
final class RecordingChannel {
  /** Names of the methods with their simple arguments: {@code basicAck 3 true}. */
  final List<String> calls = new CopyOnWriteArrayList<>();

  /** The bodies that were published, as text. */
  final List<String> published = new CopyOnWriteArrayList<>();

  final Channel channel = proxy(Channel.class, this::onChannel);
  Connection connection = proxy(Connection.class, this::onConnection);

  private final List<ShutdownListener> shutdownListeners = new ArrayList<>();
  private ReturnCallback returned = item -> {};
  private ConfirmCallback acked = (number, multiple) -> {};
  private ConfirmCallback nacked = (number, multiple) -> {};
  private volatile boolean open = true;

  /** What the next {@code basicGet} finds. */
  volatile @Nullable GetResponse got;

  static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /** From now on the connection is one that can be corked, with these frames. */
  void writesTo(FrameHandler frames) {
    ExecutorService none = Executors.newSingleThreadExecutor();
    connection =
        new AMQConnection(new ConnectionFactory().params(none), new CorkableFrameHandler(frames)) {
          @Override
          public Channel createChannel() {
            return channel;
          }

          @Override
          public void abort(int timeout) {
            calls.add("connection.abort");
          }
        };
    none.shutdown();
  }

  private @Nullable Object onConnection(Object proxy, Method method, @Nullable Object[] arguments) {
    calls.add("connection." + method.getName());
    return method.getName().equals("createChannel") ? channel : null;
  }

  private @Nullable Object onChannel(Object proxy, Method method, @Nullable Object[] arguments) {
    switch (method.getName()) {
      case "isOpen":
        return open;
      case "getConnection":
        return connection;
      case "getNextPublishSeqNo":
        return (long) published.size() + 1;
      case "addReturnListener":
        returned = (ReturnCallback) arguments[0];
        return null;
      case "addConfirmListener":
        acked = (ConfirmCallback) arguments[0];
        nacked = (ConfirmCallback) arguments[1];
        return null;
      case "addShutdownListener":
        shutdownListeners.add((ShutdownListener) arguments[0]);
        return null;
      case "basicGet":
        return got;
      case "basicPublish":
        published.add(new String((byte[]) arguments[arguments.length - 1], StandardCharsets.UTF_8));
        return null;
      default:
        calls.add(text(method, arguments));
        return null;
    }
  }

  private static String text(Method method, @Nullable Object @Nullable [] arguments) {
    StringBuilder text = new StringBuilder(method.getName());
    Arrays.stream(arguments == null ? new Object[0] : arguments)
        .filter(a -> a instanceof String || a instanceof Number || a instanceof Boolean)
        .forEach(a -> text.append(' ').append(a));
    return text.toString();
  }

  void ack(long number, boolean multiple) throws IOException {
    acked.handle(number, multiple);
  }

  void nack(long number, boolean multiple) throws IOException {
    nacked.handle(number, multiple);
  }

  /** The broker has no queue for the item with this number. */
  void returnItem(long number) {
    BasicProperties properties =
        new BasicProperties.Builder().correlationId(Long.toString(number)).build();
    returned.handle(new Return(312, "NO_ROUTE", "", "key", properties, new byte[0]));
  }

  /** The connection breaks. */
  void loseConnection() {
    shutDown(new ShutdownSignalException(true, false, null, connection));
  }

  /** The broker closes this channel alone. */
  void closeByBroker(int replyCode) {
    shutDown(
        new ShutdownSignalException(
            false,
            false,
            new AMQP.Channel.Close.Builder().replyCode(replyCode).replyText("no").build(),
            channel));
  }

  private void shutDown(ShutdownSignalException cause) {
    open = false;
    shutdownListeners.forEach(listener -> listener.shutdownCompleted(cause));
  }
}
