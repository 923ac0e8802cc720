package io.ovation.supervise;

import io.ovation.bus.proto.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A stream's recent events on this node: for viewers that return, and to know a comment again that
 * comes with a second offset because it was dispatched while the store was away.
 */
final class Ring {
  private final int bound;
  private final Deque<Event> events = new ArrayDeque<>();
  private final Set<String> identities = new HashSet<>();
  private long start;

  /**
   * @param start nothing above this offset is missing from the ring
   */
  Ring(int bound, long start) {
    this.bound = bound;
    this.start = start;
  }

  boolean has(Event event) {
    return identities.contains(identity(event));
  }

  void add(Event event) {
    events.add(event);
    identities.add(identity(event));
    if (events.size() > bound) {
      Event oldest = events.remove();
      identities.remove(identity(oldest));
      start = oldest.getOffset();
    }
  }

  /** Events up to {@code offset} may be missing. */
  void restart(long offset) {
    events.clear();
    identities.clear();
    start = offset;
  }

  /** Whether it has every event above {@code offset}. */
  boolean covers(long offset) {
    return offset >= start;
  }

  /** It has every event above this offset. */
  long start() {
    return start;
  }

  List<Event> after(long offset) {
    List<Event> found = new ArrayList<>();
    for (Event event : events) {
      if (event.getOffset() > offset) {
        found.add(event);
      }
    }
    return found;
  }

  private static String identity(Event event) {
    return event.getUser() + '\0' + event.getId();
  }
}
