package io.ovation.queue.embedded;

import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the item of one queue that ends each process which handles it. After a process that did not
 * close the broker, items are handed out one at a time, and which one is out is written before. If
 * the process ends again, that item is the suspect. On the disk thread unless stated otherwise.
 */
final class CrashSuspects {
  /** Ends of a process with the item alone in its hands after which the item is given up. */
  static final int LIMIT = 3;

  private static final int COUNT_BITS = 4;

  private final MVMap<String, Long> map;
  private final String queue;

  /** What the last process left: the key and how many ends it had; null if it closed the broker. */
  private final @Nullable Long left;

  private boolean first = true;

  /** Any thread. */
  CrashSuspects(MVMap<String, Long> map, String queue) {
    this.map = map;
    this.queue = queue;
    this.left = map.get(queue);
  }

  /** Whether the last process that had the queue ended without closing the broker. Any thread. */
  boolean crashed() {
    return left != null;
  }

  /** From now on an end without {@link #close} is a crash. */
  Void begin() {
    map.putIfAbsent(queue, 0L);
    return null;
  }

  /** Notes that an item is handed out, unless it is to be given up: then returns false. */
  boolean handOut(long key) {
    boolean suspect = first && left != null && left >> COUNT_BITS == key;
    long ends = suspect && left != null ? (left & (1 << COUNT_BITS) - 1) + 1 : 0;
    if (ends >= LIMIT) {
      return false;
    }
    first = false;
    map.put(queue, key << COUNT_BITS | ends);
    return true;
  }

  /** A process has survived the item. */
  Void clear(long key) {
    Long now = map.get(queue);
    if (now != null && now >> COUNT_BITS == key) {
      map.put(queue, 0L);
    }
    return null;
  }

  /** The broker closes in good order. */
  Void close() {
    map.remove(queue);
    return null;
  }
}
