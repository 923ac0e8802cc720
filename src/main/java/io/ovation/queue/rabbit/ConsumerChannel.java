package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.queue.Delivery;
import java.io.IOException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One channel of one subscription. Methods are called on the consumers' thread, except {@link
 * #noteAck} and the callbacks of the client.
 */
final class ConsumerChannel extends DefaultConsumer {
  private final long generation;
  private final RedeliveryGuard guard;
  private final Runnable lost;
  private final AckCoalescer coalescer;
  private final Object acks = new Object();
  private long ackedThrough;
  private long[] ackedSingly = new long[64];
  private int singles;

  /** What is delivered and not acked, and acked items behind such; bounded by the prefetch. */
  private final Queue<Delivery> unacked = new ConcurrentLinkedQueue<>();

  private ConsumerChannel(Channel channel, long generation, RedeliveryGuard guard, Runnable lost) {
    super(channel);
    this.generation = generation;
    this.guard = guard;
    this.lost = lost;
    this.coalescer = new AckCoalescer(channel::basicAck);
  }

  /**
   * Opens a channel that does not consume yet.
   *
   * @param generation of its deliveries
   * @param guard receives them
   * @param lost called, maybe several times, when RabbitMQ ends the channel or the consumer
   */
  static ConsumerChannel open(
      Connection connection, long generation, RedeliveryGuard guard, Runnable lost)
      throws IOException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("RabbitMQ allows no more channels on this connection");
    }
    return new ConsumerChannel(channel, generation, guard, lost);
  }

  /** Deliveries may come before this returns. */
  void consume(String queue, int prefetch) throws IOException {
    getChannel().basicQos(prefetch);
    getChannel().basicConsume(queue, false, this);
  }

  long generation() {
    return generation;
  }

  @Override
  public void handleDelivery(
      String consumer, Envelope envelope, BasicProperties properties, byte[] body) {
    Delivery delivery =
        new Delivery(body, envelope.isRedeliver(), envelope.getDeliveryTag(), generation);
    unacked.add(delivery);
    guard.deliver(getChannel().getConnection(), delivery, properties);
  }

  RedeliveryGuard guard() {
    return guard;
  }

  @Override
  public void handleShutdownSignal(String consumer, ShutdownSignalException cause) {
    lost.run();
  }

  /** The queue was deleted, or its leader moved. */
  @Override
  public void handleCancel(String consumer) {
    lost.run();
  }

  /** Keeps an ack for the next {@link #sendAcks}. Any thread. */
  void noteAck(long tag, boolean multiple) {
    guard.acked(tag, multiple, getChannel().getConnection());
    synchronized (acks) {
      if (multiple) {
        ackedThrough = Math.max(ackedThrough, tag);
      } else {
        if (singles == ackedSingly.length) {
          ackedSingly = Arrays.copyOf(ackedSingly, 2 * singles);
        }
        ackedSingly[singles++] = tag;
      }
    }
  }

  /** Sends the acks that were noted; returns how many deliveries that acked. */
  long sendAcks() throws IOException {
    long through;
    long[] each;
    synchronized (acks) {
      through = ackedThrough;
      each = Arrays.copyOf(ackedSingly, singles);
      ackedThrough = 0;
      singles = 0;
    }
    long acked = coalescer.ack(through, each);
    for (Delivery oldest = unacked.peek();
        oldest != null && oldest.tag() <= coalescer.prefix();
        oldest = unacked.peek()) {
      unacked.poll();
    }
    return acked;
  }

  /** The oldest item that is not acked; null if there is none. Any thread. */
  byte @Nullable [] oldest() {
    Delivery oldest = unacked.peek();
    return oldest == null ? null : oldest.body();
  }

  /** Closes the channel; then RabbitMQ delivers what is unacked to the next consumer. */
  void close() {
    try {
      getChannel().close();
    } catch (IOException | TimeoutException | RuntimeException alreadyGone) {
      try {
        getChannel().abort();
      } catch (IOException | RuntimeException gone) {
        // RabbitMQ notices it too, after two missed heartbeats at the latest.
      }
    }
  }
}
