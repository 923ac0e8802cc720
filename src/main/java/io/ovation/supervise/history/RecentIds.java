package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Which comments a stream's viewers here have had, to know one again that comes with a second
 * offset: its first owner had sent it ahead of the store and died before the store knew. Holds more
 * than an owner may send ahead, and grows only as comments come. An id that the store has had time
 * to forget is a new comment.
 */
public final class RecentIds {
  /** Twice what an owner sends ahead of the store, for all streams of a partition. */
  static final int BOUND = 2_000;

  /**
   * The store remembers ids for 10 minutes, and second offsets come within seconds; offsets count
   * microseconds.
   */
  static final long REMEMBERED = TimeUnit.MINUTES.toMicros(9);

  /** Offsets by identity, the oldest first. */
  private final Map<String, Long> offsets = new LinkedHashMap<>(4);

  /** False if it was there. */
  public boolean add(Event event) {
    String identity = event.getUser() + '\0' + event.getId();
    Long before = offsets.get(identity);
    if (before != null && event.getOffset() - before < REMEMBERED) {
      return false;
    }
    offsets.remove(identity);
    offsets.put(identity, event.getOffset());
    if (offsets.size() > BOUND) {
      Iterator<String> oldest = offsets.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    return true;
  }
}
