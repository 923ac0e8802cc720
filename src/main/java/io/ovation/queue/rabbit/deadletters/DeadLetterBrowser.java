package io.ovation.queue.rabbit.deadletters;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetter;
import io.ovation.queue.DeadLetters;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * A look through a queue of dead letters, which RabbitMQ allows only by taking: each letter of the
 * window is got, held unacked, and at the end given back or acked. RabbitMQ puts what is given back
 * before all that was not taken, though in any order; so the next look sees the same letters, and
 * whoever wants them in order sorts them. Blocks.
 */
final class DeadLetterBrowser {

  /** Looks at letters, in any order. */
  interface Look {
    /** Whether this letter is to be removed. Must not throw: the rest has to be given back. */
    boolean removes(DeadLetter letter);
  }

  private DeadLetterBrowser() {}

  /** Returns how many letters there are after it. */
  static long through(Connection connection, String queue, Look look)
      throws IOException, TimeoutException {
    try (Lock lock = new Lock(connection, queue);
        Channel channel = channel(connection)) {
      long kept = 0;
      long behind = 0;
      for (int i = 0; i < DeadLetters.WINDOW; i++) {
        GetResponse got = channel.basicGet(queue, false);
        if (got == null) {
          behind = 0;
          break;
        }
        behind = got.getMessageCount();
        if (look.removes(DeadLetterHeaders.read(got.getProps(), got.getBody()))) {
          channel.basicAck(got.getEnvelope().getDeliveryTag(), false);
        } else {
          kept++;
        }
      }
      if (kept > 0) {
        channel.basicNack(0, true, true); // 0: all that this channel holds.
      }
      return kept + behind;
    }
  }

  /** Deletes all letters; returns how many. */
  static long purge(Connection connection, String queue) throws IOException, TimeoutException {
    try (Lock lock = new Lock(connection, queue);
        Channel channel = channel(connection)) {
      return channel.queuePurge(queue).getMessageCount();
    }
  }

  private static Channel channel(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("RabbitMQ allows no more channels on this connection");
    }
    return channel;
  }

  /**
   * Keeps other nodes' looks out: an exclusive queue, which RabbitMQ gives to one connection and
   * deletes with it. Looks on the same connection must come one after the other.
   */
  private static final class Lock implements AutoCloseable {
    private final Channel channel;
    private final String name;

    Lock(Connection connection, String queue) throws IOException {
      channel = channel(connection);
      name = queue + ".look";
      try {
        channel.queueDeclare(name, false, true, true, null);
      } catch (IOException e) {
        if (e.getCause() instanceof ShutdownSignalException signal
            && signal.getReason() instanceof AMQP.Channel.Close close
            && close.getReplyCode() == AMQP.RESOURCE_LOCKED) {
          throw new BrokerUnavailable(
              "Somebody else looks through these dead letters just now. Try again.");
        }
        throw e;
      }
    }

    @Override
    public void close() throws IOException, TimeoutException {
      channel.queueDelete(name);
      channel.close();
    }
  }
}
