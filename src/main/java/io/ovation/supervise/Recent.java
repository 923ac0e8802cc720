package io.ovation.supervise;

import io.ovation.bus.proto.Event;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Which comments a stream's viewers here have had, to know one again that comes with a second
 * offset: its first owner had sent it ahead of the store and died before the store knew. Holds more
 * than an owner may send ahead, and grows only as comments come.
 */
final class Recent {
  /** Twice what an owner sends ahead of the store, for all streams of a partition. */
  static final int BOUND = 2_000;

  private final Deque<String> order = new ArrayDeque<>(4);
  private final Set<String> identities = new HashSet<>(4);

  /** False if it was there. */
  boolean add(Event event) {
    String identity = event.getUser() + '\0' + event.getId();
    if (!identities.add(identity)) {
      return false;
    }
    order.add(identity);
    if (order.size() > BOUND) {
      identities.remove(order.remove());
    }
    return true;
  }
}
