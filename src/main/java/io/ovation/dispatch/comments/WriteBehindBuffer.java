package io.ovation.dispatch.comments;

import io.ovation.store.Store.Append;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Events of one partition that viewers received while the store was unavailable, until the store
 * has them at the same offsets. Bounded by number and bytes: beyond that the oldest are dropped.
 */
final class WriteBehindBuffer {
  static final int EVENTS = 10_000;
  static final int BYTES = 8 << 20;

  private final Consumer<Append> dropped;
  private final Deque<Append> events = new ArrayDeque<>();
  private final Map<String, Long> offsets = new HashMap<>();
  private int bytes;

  /** The oldest of them that are being written. */
  private int writing;

  /**
   * @param dropped receives each event that there is no room for
   */
  WriteBehindBuffer(Consumer<Append> dropped) {
    this.dropped = dropped;
  }

  int size() {
    return events.size();
  }

  /** The offset at which viewers received the comment. */
  OptionalLong offset(PendingEvent comment) {
    Long offset = offsets.get(comment.identity());
    return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
  }

  void add(Append event) {
    if (offsets.putIfAbsent(PendingEvent.identity(event), event.proposed()) != null) {
      return;
    }
    events.add(event);
    bytes += event.body().length;
    while (writing == 0 && (events.size() > EVENTS || bytes > BYTES)) {
      dropped.accept(remove());
    }
  }

  /** The oldest events, at most {@code limit}. They stay until {@link #written}. */
  List<Append> write(int limit) {
    List<Append> oldest = events.stream().limit(limit).toList();
    writing = oldest.size();
    return oldest;
  }

  void written(boolean done) {
    for (int i = 0; done && i < writing; i++) {
      remove();
    }
    writing = 0;
  }

  void clear() {
    events.clear();
    offsets.clear();
    bytes = 0;
    writing = 0;
  }

  private Append remove() {
    Append event = events.remove();
    offsets.remove(PendingEvent.identity(event));
    bytes -= event.body().length;
    return event;
  }
}
