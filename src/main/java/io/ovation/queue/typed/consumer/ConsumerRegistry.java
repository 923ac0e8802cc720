package io.ovation.queue.typed.consumer;

import io.ovation.queue.Broker;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The queues that this process consumes. A second consumer of a queue on the same broker is
 * refused: at best it would be the idle half of a single active consumer, at worst it would
 * dead-letter the other's items. Any thread.
 */
final class ConsumerRegistry {
  // A process has one broker; tests have one for each node that they simulate.
  private static final Map<Broker, Set<String>> CONSUMED = new WeakHashMap<>();

  private ConsumerRegistry() {}

  /** Throws {@link IllegalStateException} if {@code queue} is consumed already. */
  static synchronized void claim(Broker broker, String queue) {
    if (!CONSUMED.computeIfAbsent(broker, b -> new HashSet<>()).add(queue)) {
      throw new IllegalStateException(
          "Queue %s is consumed in this process already. Give all its services to one consumer, or stop that one first."
              .formatted(queue));
    }
  }

  static synchronized void release(Broker broker, String queue) {
    CONSUMED.getOrDefault(broker, new HashSet<>()).remove(queue);
  }
}
