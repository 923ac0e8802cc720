package io.ovation.moderation;

import io.ovation.store.SharedTable.Row;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many rows of the shared table the bans of each stream take, removed ones included, so that
 * the moderators of one stream leave room for the bans of others. Counts what this node has read: a
 * stream may have some more. Any thread.
 */
final class StreamShares {
  /** Rows of one stream: a tenth of the table. */
  static final int MOST = 20_000;

  private final LongSupplier nanoTime;

  /** Stream → user → the end of the row, in nanoseconds of the monotonic clock. */
  private final Map<String, Map<String, Long>> rows = new ConcurrentHashMap<>();

  StreamShares(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void clear() {
    rows.clear();
  }

  void apply(String stream, String user, Row row) {
    long ends = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(row.leftMs());
    rows.computeIfAbsent(stream, s -> new ConcurrentHashMap<>()).put(user, ends);
  }

  /** Whether the user has a row there, or there is room for one. */
  boolean hasRoom(String stream, String user) {
    Map<String, Long> of = rows.getOrDefault(stream, Map.of());
    if (stream.equals(Ban.ALL_STREAMS) || of.size() < MOST || of.containsKey(user)) {
      return true;
    }
    long now = nanoTime.getAsLong();
    of.values().removeIf(ends -> ends <= now);
    return of.size() < MOST;
  }
}
