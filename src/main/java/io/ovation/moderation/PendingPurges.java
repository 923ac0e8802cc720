package io.ovation.moderation;

import io.ovation.store.SharedTable;
import io.ovation.store.SharedTable.Row;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * This node's copy of the purges and erasures that are still to be done or repeated. Any thread.
 */
final class PendingPurges {
  private final LongSupplier nanoTime;
  private final Map<String, Seen> rows = new ConcurrentHashMap<>();

  /** User → the last erasure that this region has done. */
  private final Map<String, String> erased = new ConcurrentHashMap<>();

  /**
   * @param at when this node first read it; nanoseconds of the monotonic clock
   */
  private record Seen(PendingPurge purge, long at) {}

  PendingPurges(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void clear() {
    rows.clear();
    erased.clear();
  }

  /** Takes in a row of the shared table; returns false if it is about something else. */
  boolean apply(Row row) {
    String key = row.key();
    if (key.startsWith(PendingPurge.ERASED)) {
      String user = key.substring(PendingPurge.ERASED.length());
      if (row.gone()) {
        erased.remove(user);
      } else {
        erased.put(user, row.value());
      }
      return true;
    }
    PendingPurge purge = PendingPurge.read(key, row.value());
    if (purge == null) {
      return false;
    }
    if (row.gone()) {
      rows.remove(key);
    } else {
      Seen now = new Seen(purge, nanoTime.getAsLong());
      rows.merge(key, now, (known, next) -> known.purge.equals(purge) ? known : next);
    }
    return true;
  }

  void done(PendingPurge purge) {
    if (purge.isErasure()) {
      erased.put(purge.user(), purge.erasure());
    } else {
      rows.remove(purge.key());
    }
  }

  /** Those that were read at least {@code age} ago and are not done. */
  List<PendingPurge> overdue(Duration age) {
    long now = nanoTime.getAsLong();
    rows.forEach(
        (key, seen) -> {
          if (now - seen.at > SharedTable.REMOVAL.toNanos()) {
            rows.remove(key);
            erased.remove(seen.purge.user());
          }
        });
    return rows.values().stream()
        .filter(seen -> now - seen.at >= age.toNanos())
        .map(Seen::purge)
        .filter(purge -> !purge.erasure().equals(erased.get(purge.user())))
        .toList();
  }
}
