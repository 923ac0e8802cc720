package io.ovation.queue.typed.consumer;

import io.ovation.queue.Broker;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Which queues this process consumes. A second consumer of a queue on the same broker would be the
 * idle half of a single active consumer at best, and at worst dead-letter the other's items; so it
 * is refused when it is made. Any thread.
 */
final class ConsumerRegistry {
  // A process has one broker; tests have one for each node that they play.
  private static final Map<Broker, Set<String>> CLAIMED = new WeakHashMap<>();

  private ConsumerRegistry() {}

  /** Throws {@link IllegalStateException} if {@code queue} is consumed already. */
  static void claim(Broker broker, String queue) {
    synchronized (CLAIMED) {
      if (!CLAIMED.computeIfAbsent(broker, b -> new HashSet<>()).add(queue)) {
        throw new IllegalStateException(
            "Queue "
                + queue
                + " is consumed in this process already. Give all its services to one consumer, or"
                + " stop that one first.");
      }
    }
  }

  static void release(Broker broker, String queue) {
    synchronized (CLAIMED) {
      Set<String> claimed = CLAIMED.get(broker);
      if (claimed != null) {
        claimed.remove(queue);
      }
    }
  }
}
