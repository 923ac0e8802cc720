package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A stream's recent events on this node, for viewers that return. */
public final class RecentEvents {
  private final int bound;
  private final Deque<Event> events = new ArrayDeque<>();
  private long start;

  /**
   * @param start nothing above this offset is missing from the ring
   */
  public RecentEvents(int bound, long start) {
    this.bound = bound;
    this.start = start;
  }

  public void add(Event event) {
    events.add(event);
    if (events.size() > bound) {
      start = events.remove().getOffset();
    }
  }

  /** Events up to {@code offset} may be missing. */
  public void restart(long offset) {
    events.clear();
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
}
