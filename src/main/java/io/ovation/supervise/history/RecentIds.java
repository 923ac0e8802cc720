package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The ids of a stream's latest comments on this node. They detect a comment that arrives with a
 * second offset because the store has lost the first. An id is forgotten before the store may
 * forget it, since its user may then use it for a new comment.
 */
public final class RecentIds {
  static final int BOUND = 2_000;

  /** The store remembers ids for 10 minutes; second offsets arrive within seconds. */
  static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(9);

  private final LongSupplier nanoTime;

  /** When each identity was received, the oldest first. */
  private final Map<String, Long> received = new LinkedHashMap<>(4);

  /**
   * @param nanoTime a monotonic clock in nanoseconds
   */
  public RecentIds(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Returns false if the id is known. */
  public boolean add(Event event) {
    String identity = event.getRegion() + '\0' + event.getUser() + '\0' + event.getId();
    long now = nanoTime.getAsLong();
    Long before = received.get(identity);
    if (before != null && now - before < REMEMBERED_NANOS) {
      return false;
    }
    received.remove(identity);
    received.put(identity, now);
    if (received.size() > BOUND) {
      Iterator<String> oldest = received.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    return true;
  }
}
