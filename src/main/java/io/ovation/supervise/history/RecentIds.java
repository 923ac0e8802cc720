package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The ids of a stream's latest comments on this node. They detect a comment that arrives with a
 * second offset: its first owner sent it before the store had it, and died before the store got it.
 * Holds more ids than an owner may send ahead of the store. An id is forgotten before the store may
 * forget it, since its user may then use it for a new comment.
 */
public final class RecentIds {
  /** Twice what an owner sends ahead of the store for all streams of a partition. */
  static final int BOUND = 2_000;

  /**
   * In microseconds, as offsets are. The store remembers ids for 10 minutes; second offsets arrive
   * within seconds.
   */
  static final long REMEMBERED = TimeUnit.MINUTES.toMicros(9);

  /** Offsets by identity, the oldest first. */
  private final Map<String, Long> offsets = new LinkedHashMap<>(4);

  /** Returns false if the id is known. */
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
