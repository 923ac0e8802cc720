package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A bounded buffer of a stream's latest events on this node, for viewers that return. */
public final class RecentEvents {
  private final int bound;
  private final Deque<Event> events = new ArrayDeque<>();
  private long start;

  /** The last part that was asked for: viewers of one position share one list. */
  private @Nullable List<Event> shared;

  private long sharedAfter;

  /**
   * @param start the buffer misses no event above this offset
   */
  public RecentEvents(int bound, long start) {
    this.bound = bound;
    this.start = start;
  }

  /** Adds an event that all viewers may read. A deletion takes the comments that it names away. */
  public void add(Event event) {
    shared = null;
    DeletedComments.of(event).ifPresent(deleted -> events.removeIf(deleted::concern));
    if (event.getModerators() || !event.getOnlyUser().isEmpty()) {
      return;
    }
    events.add(event);
    if (events.size() > bound) {
      start = events.remove().getOffset();
    }
  }

  /** Empties the buffer: events up to {@code offset} may be missing. */
  public void restart(long offset) {
    shared = null;
    events.clear();
    start = offset;
  }

  public boolean isEmpty() {
    return events.isEmpty();
  }

  /** Whether the buffer holds every event above {@code offset}. */
  boolean covers(long offset) {
    return offset >= start;
  }

  /** The lowest offset that {@link #covers} accepts. */
  long start() {
    return start;
  }

  /** The newest {@code count} comments up to the offset {@code at}, in order. */
  List<Event> comments(long at, int count) {
    Deque<Event> newest = new ArrayDeque<>();
    Iterator<Event> backwards = events.descendingIterator();
    while (newest.size() < count && backwards.hasNext()) {
      Event event = backwards.next();
      if (event.getOffset() <= at && DeletedComments.isComment(event)) {
        newest.addFirst(event);
      }
    }
    return List.copyOf(newest);
  }

  /** The same list for all viewers of one position, until something is added. */
  List<Event> after(long offset) {
    List<Event> after = shared;
    if (after == null || sharedAfter != offset) {
      after = events.stream().filter(event -> event.getOffset() > offset).toList();
      shared = after;
      sharedAfter = offset;
    }
    return after;
  }
}
