package io.ovation.queue.rabbit;

import static io.ovation.queue.rabbit.AdminClient.await;

import io.ovation.queue.Lane;
import io.ovation.queue.QueueBounds;
import io.ovation.queue.QueueName;
import io.vertx.core.json.JsonObject;
import io.vertx.rabbitmq.RabbitMQClient;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The queues of this node with their arguments, and which of them the current connection has
 * declared. RabbitMQ refuses to declare an existing queue with other arguments, so changing them is
 * a migration.
 */
final class Topology {
  /**
   * No limit, in a way that every version accepts: RabbitMQ 4 would drop an item after 20 returns,
   * and each takeover, broker restart or listing of a dead letter is one; older versions don't know
   * its -1 for "none".
   */
  private static final int DELIVERY_LIMIT = Integer.MAX_VALUE;

  /** Dead letters kept for an operator; beyond it RabbitMQ drops the oldest. */
  static final int DEAD_LIMIT = 100_000;

  private static final JsonObject QUEUE =
      quorum().put("x-single-active-consumer", true).put("x-queue-leader-locator", "balanced");

  private static final JsonObject DEAD =
      quorum().put("x-max-length", DEAD_LIMIT).put("x-overflow", "drop-head");

  private final Map<String, JsonObject> queues = new ConcurrentHashMap<>();
  private final Set<String> names = ConcurrentHashMap.newKeySet();

  /** Of the current connection; replaced, never cleared, so that a late declare counts nowhere. */
  private volatile Set<String> declared = ConcurrentHashMap.newKeySet();

  private static JsonObject quorum() {
    return new JsonObject().put("x-queue-type", "quorum").put("x-delivery-limit", DELIVERY_LIMIT);
  }

  /** The queue of the dead letters of {@code queue}. */
  static String dead(String queue) {
    return "ovation." + queue + ".dead";
  }

  /** Adds a queue, for this connection and for every later one. */
  void add(String queue, Set<Lane> lanes, int partitions) {
    names.add(queue);
    queues.put(dead(queue), DEAD);
    for (Lane lane : lanes) {
      for (int partition = 0; partition < partitions; partition++) {
        queues.put(new QueueName(queue, lane, partition).text(), QUEUE);
      }
    }
  }

  /** Adds the outboxes of a target, likewise. */
  void addOutbox(String target, int partitions, QueueBounds bounds) {
    JsonObject arguments =
        QUEUE
            .copy()
            .put("x-max-length-bytes", bounds.bytes())
            .put("x-message-ttl", bounds.age().toMillis())
            .put("x-overflow", "drop-head");
    String queue = QueueName.outbox(target, 0).queue();
    names.add(queue);
    queues.put(dead(queue), DEAD);
    for (int partition = 0; partition < partitions; partition++) {
      queues.put(QueueName.outbox(target, partition).text(), arguments);
    }
  }

  /** The queues, without lanes and partitions. */
  Set<String> names() {
    return Set.copyOf(names);
  }

  boolean has(QueueName queue) {
    return queues.containsKey(queue.text());
  }

  /** After a reconnect, or when a queue turned out to be deleted: declares all of them again. */
  void forgetDeclared() {
    declared = ConcurrentHashMap.newKeySet();
  }

  /**
   * Declares what was added and is not declared yet, and the delays before the first queue. Blocks.
   */
  void declareMissing(RabbitMQClient client) throws Exception {
    Set<String> now = declared;
    if (!queues.isEmpty() && !now.contains(DelayTopology.DUE)) {
      DelayTopology.declare(client);
      now.add(DelayTopology.DUE);
    }
    for (Map.Entry<String, JsonObject> queue : queues.entrySet()) {
      String name = queue.getKey();
      if (!now.contains(name)) {
        await(client.queueDeclare(name, true, false, false, queue.getValue()));
        if (queue.getValue() == QUEUE) {
          await(DelayTopology.bind(client, name));
        }
        now.add(name);
      }
    }
  }
}
