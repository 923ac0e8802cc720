package io.ovation.queue.rabbit;

import io.ovation.metrics.Metrics;
import io.ovation.queue.QueueMetrics;
import io.vertx.rabbitmq.RabbitMQClient;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many dead letters each queue has. RabbitMQ is asked periodically, because it drops the oldest
 * past {@link Topology#DEAD_LIMIT} without a notice. Any thread.
 */
final class DeadLetterDepths {
  private static final Logger log = LoggerFactory.getLogger(DeadLetterDepths.class);

  /** Seconds between two refreshes, each a round trip per queue and node. */
  static final int EVERY_SECONDS = 15;

  private final Metrics metrics;
  private final QueueMetrics queueMetrics;
  private final Map<String, AtomicLong> depths = new ConcurrentHashMap<>();

  DeadLetterDepths(Metrics metrics, QueueMetrics queueMetrics) {
    this.metrics = metrics;
    this.queueMetrics = queueMetrics;
  }

  void add(String queue) {
    depths.computeIfAbsent(
        queue,
        name -> {
          AtomicLong depth = new AtomicLong();
          queueMetrics.deadLetters(metrics, name, depth, AtomicLong::doubleValue);
          return depth;
        });
  }

  /** Counts one more; at the limit RabbitMQ has dropped an older one for it. */
  void added(String queue) {
    long depth = depths.getOrDefault(queue, new AtomicLong()).incrementAndGet();
    if (depth > Topology.DEAD_LIMIT) {
      queueMetrics.deadDropped.increment();
    }
  }

  /** Asks for all, one after the other: a missing queue closes the channel. Blocks. */
  Void refresh(RabbitMQClient client) throws Exception {
    for (Map.Entry<String, AtomicLong> queue : depths.entrySet()) {
      try {
        long depth = AdminClient.await(client.messageCount(Topology.dead(queue.getKey())));
        queue.getValue().set(depth);
      } catch (AdminClient.NoAnswer e) {
        throw e;
      } catch (Exception e) {
        log.debug("Can't count dead letters of {}: {}", queue.getKey(), AmqpErrors.describe(e));
      }
    }
    return null;
  }
}
