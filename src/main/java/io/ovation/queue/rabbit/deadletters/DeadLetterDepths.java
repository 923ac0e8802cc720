package io.ovation.queue.rabbit.deadletters;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.ovation.metrics.Metrics;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.rabbit.ManagedConnection;
import io.ovation.queue.rabbit.Topology;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many dead letters each queue has, asked now and then: RabbitMQ drops the oldest past {@link
 * Topology#DEAD_LIMIT} without a word. Any thread but where said.
 */
public final class DeadLetterDepths {
  private static final Logger log = LoggerFactory.getLogger(DeadLetterDepths.class);

  /** Seconds between two looks: a round trip per queue and node. */
  public static final int EVERY_SECONDS = 15;

  private final Metrics metrics;
  private final QueueMetrics queueMetrics;
  private final Map<String, AtomicLong> depths = new ConcurrentHashMap<>();

  public DeadLetterDepths(Metrics metrics, QueueMetrics queueMetrics) {
    this.metrics = metrics;
    this.queueMetrics = queueMetrics;
  }

  public void add(String queue) {
    depths.computeIfAbsent(
        queue,
        name -> {
          AtomicLong depth = new AtomicLong();
          queueMetrics.deadLetters(metrics, name, depth, AtomicLong::doubleValue);
          return depth;
        });
  }

  /** One more was put there: at the bound, an older one went for it. */
  public void added(String queue) {
    AtomicLong depth = depths.get(queue);
    if (depth != null && depth.get() >= Topology.DEAD_LIMIT) {
      queueMetrics.deadDropped.increment();
    } else if (depth != null) {
      depth.incrementAndGet();
    }
  }

  /** Asks for all. Blocks: a round trip per queue. */
  public void refresh(Connection connection) {
    depths.forEach(
        (queue, depth) -> {
          // A missing queue closes the channel, so each has its own.
          try (Channel channel = connection.createChannel()) {
            depth.set(channel.queueDeclarePassive(Topology.dead(queue)).getMessageCount());
          } catch (IOException | TimeoutException | RuntimeException e) {
            log.debug(
                "Can't count the dead letters of {}: {}", queue, ManagedConnection.describe(e));
          }
        });
  }
}
