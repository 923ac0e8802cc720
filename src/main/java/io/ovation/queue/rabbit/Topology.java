package io.ovation.queue.rabbit;

import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vertx.rabbitmq.RabbitMQClient;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

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

  /** Of the current connection; replaced, never cleared, so that a late declare counts nowhere. */
  private volatile Set<String> declared = ConcurrentHashMap.newKeySet();

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
   * Declares, one after the other, what was added and is not declared yet, and the delays before
   * the first queue. Not to be called again before it has ended.
   */
  Future<Void> declareMissing(RabbitMQClient client) {
    Set<String> now = declared;
    List<Supplier<Future<?>>> steps = new ArrayList<>();
    if (!queues.isEmpty() && !now.contains(DelayTopology.DUE)) {
      DelayTopology.declare(client, steps);
      steps.add(() -> mark(now, DelayTopology.DUE));
    }
    queues.forEach(
        (name, arguments) -> {
          if (!now.contains(name)) {
            steps.add(
                () -> client.queueDeclare(name, true, false, false, new JsonObject(arguments)));
            if (arguments == QUEUE) {
              steps.add(() -> DelayTopology.bind(client, name));
            }
            steps.add(() -> mark(now, name));
          }
        });
    Promise<Void> done = Promise.promise();
    run(steps.iterator(), done);
    return done.future();
  }

  private static Future<Void> mark(Set<String> declared, String name) {
    declared.add(name);
    return Future.succeededFuture();
  }

  /** A loop, where {@code compose} would keep a future for each of thousands of steps. */
  private static void run(Iterator<Supplier<Future<?>>> steps, Promise<Void> done) {
    if (steps.hasNext()) {
      bounded(steps.next()).onComplete(v -> run(steps, done), done::fail);
    } else {
      done.complete();
    }
  }

  private static <T> Future<T> bounded(Supplier<Future<?>> step) {
    return AdminClient.bounded(() -> step.get().mapEmpty());
  }
}
