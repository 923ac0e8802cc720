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

  /** Of these a stream may have this many also if all streams together have too many. */
  static final int LEAST = 100;

  /** The store remembers ids for 10 minutes; second offsets arrive within seconds. */
  static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(9);

  private final LongSupplier nanoTime;
  private final Total total;

  /** How many ids all streams of a node remember. Written by one context, read by any thread. */
  public static final class Total {
    /** Some 60 MB. */
    static final int BOUND = 200_000;

    private volatile int ids;

    public int ids() {
      return ids;
    }

    private void add(int count) {
      ids = ids + count;
    }
  }

  /** When each identity was received, the oldest first. */
  private final Map<String, Long> received = new LinkedHashMap<>(4);

  /**
   * @param nanoTime a monotonic clock in nanoseconds
   * @param total of all streams
   */
  public RecentIds(LongSupplier nanoTime, Total total) {
    this.nanoTime = nanoTime;
    this.total = total;
  }

  /** Returns false if the id is known. */
  public boolean add(Event event) {
    String identity = event.getRegion() + '\0' + event.getUser() + '\0' + event.getId();
    long now = nanoTime.getAsLong();
    Long before = received.get(identity);
    if (before != null && now - before < REMEMBERED_NANOS) {
      return false;
    }
    if (received.remove(identity) == null) {
      total.add(1);
    }
    received.put(identity, now);
    forgetOldest();
    return true;
  }

  /** Beyond the total bound too, two at a time: the streams that grow make room for each other. */
  private void forgetOldest() {
    Iterator<String> oldest = received.keySet().iterator();
    for (int i = 0; i < 2 && tooMany(); i++) {
      oldest.next();
      oldest.remove();
      total.add(-1);
    }
  }

  private boolean tooMany() {
    return received.size() > (total.ids() > Total.BOUND ? LEAST : BOUND);
  }

  /** The stream has ended. */
  public void clear() {
    total.add(-received.size());
    received.clear();
  }
}
