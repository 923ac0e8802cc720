package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The queues this node declared, and with what arguments. RabbitMQ refuses to declare a queue again
 * with others, so changing them is a migration.
 */
public final class Topology {
  /**
   * No limit, in a way that every version takes: RabbitMQ 4 would drop an item after 20 returns,
   * and each take-over, broker restart or look at a dead letter is one; older versions don't know
   * its -1 for "none".
   */
  private static final int DELIVERY_LIMIT = Integer.MAX_VALUE;

  /** Dead letters kept for an operator; beyond it RabbitMQ drops the oldest. */
  public static final int DEAD_LIMIT = 100_000;

  private static final Map<String, Object> QUEUE =
      Map.of(
          "x-queue-type",
          "quorum",
          "x-single-active-consumer",
          true,
          "x-delivery-limit",
          DELIVERY_LIMIT,
          "x-queue-leader-locator",
          "balanced");

  private static final Map<String, Object> DEAD =
      Map.of(
          "x-queue-type",
          "quorum",
          "x-delivery-limit",
          DELIVERY_LIMIT,
          "x-max-length",
          DEAD_LIMIT,
          "x-overflow",
          "drop-head");

  private final Map<String, Map<String, Object>> queues = new ConcurrentHashMap<>();
  private final Set<String> names = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Connection withDelays;

  public static String dead(QueueName queue) {
    return dead(queue.queue());
  }

  public static String dead(String queue) {
    return "ovation." + queue + ".dead";
  }

  /** Remembers the queues, for now and for every later connection. */
  void add(String queue, Set<Lane> lanes, int partitions) {
    names.add(queue);
    queues.put(dead(queue), DEAD);
    for (Lane lane : lanes) {
      for (int partition = 0; partition < partitions; partition++) {
        queues.put(new QueueName(queue, lane, partition).text(), QUEUE);
      }
    }
  }

  /** Whether a queue is there already with other arguments. */
  static boolean isMismatch(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ShutdownSignalException signal
          && signal.getReason() instanceof AMQP.Channel.Close close
          && close.getReplyCode() == AMQP.PRECONDITION_FAILED) {
        return true;
      }
    }
    return false;
  }

  /** The queues, without lanes and partitions. */
  Set<String> names() {
    return Set.copyOf(names);
  }

  boolean has(QueueName queue) {
    return queues.containsKey(queue.text());
  }

  /** Forgets which connection has the delays: they are declared anew with the queues. */
  void mistrust() {
    withDelays = null;
  }

  /**
   * Makes all of them exist, and the delays once per connection. Blocks: a round trip each, more
   * for new ones.
   */
  void apply(Connection connection) throws IOException, TimeoutException {
    if (queues.isEmpty()) {
      return;
    }
    try (Channel channel = connection.createChannel()) {
      if (withDelays != connection) {
        DelayTopology.declare(channel);
      }
      for (Map.Entry<String, Map<String, Object>> queue : queues.entrySet()) {
        channel.queueDeclare(queue.getKey(), true, false, false, queue.getValue());
        if (queue.getValue() == QUEUE) {
          DelayTopology.bind(channel, queue.getKey());
        }
      }
      withDelays = connection;
    }
  }
}
