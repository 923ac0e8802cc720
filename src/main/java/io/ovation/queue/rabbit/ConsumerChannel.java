package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * One channel of one subscription: its generation. Everything but {@link #noteAck} and the client's
 * callbacks happens on the consumers' thread.
 */
final class ConsumerChannel extends DefaultConsumer {
  private final long generation;
  private final DeliveryBuffer buffer;
  private final Runnable lost;
  private final AckCoalescer book;
  private final Object delivering = new Object();
  private boolean ended;
  private final Object acks = new Object();
  private long through;
  private long[] singles = new long[64];
  private int count;

  private ConsumerChannel(Channel channel, long generation, DeliveryBuffer buffer, Runnable lost) {
    super(channel);
    this.generation = generation;
    this.buffer = buffer;
    this.lost = lost;
    this.book = new AckCoalescer(channel::basicAck);
  }

  /**
   * A channel that does not consume yet.
   *
   * @param lost called once or more when the channel or the consumer is gone without our doing
   */
  static ConsumerChannel open(
      Connection connection, long generation, DeliveryBuffer buffer, Runnable lost)
      throws IOException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("RabbitMQ allows no more channels on this connection");
    }
    return new ConsumerChannel(channel, generation, buffer, lost);
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
    synchronized (delivering) {
      if (!ended) {
        buffer.add(List.of(delivery));
      }
    }
  }

  /** From now on nothing of this channel reaches the handler, though the client may hold some. */
  void end() {
    synchronized (delivering) {
      ended = true;
    }
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

  /** Any thread. */
  void noteAck(long tag, boolean multiple) {
    synchronized (acks) {
      if (multiple) {
        through = Math.max(through, tag);
      } else {
        if (count == singles.length) {
          singles = Arrays.copyOf(singles, 2 * count);
        }
        singles[count++] = tag;
      }
    }
  }

  /** Tells the broker what was noted; returns how many deliveries that acked. */
  long sendAcks() throws IOException {
    long upTo;
    long[] each;
    synchronized (acks) {
      upTo = through;
      each = Arrays.copyOf(singles, count);
      through = 0;
      count = 0;
    }
    return book.ack(upTo, each);
  }

  /** Closes the channel; then the broker gives what is unacked to the next consumer. */
  void close() {
    try {
      getChannel().close();
    } catch (IOException | TimeoutException | RuntimeException alreadyGone) {
      try {
        getChannel().abort();
      } catch (IOException | RuntimeException gone) {
        // The broker hands over when it notices, by the heartbeat at the latest.
      }
    }
  }
}
