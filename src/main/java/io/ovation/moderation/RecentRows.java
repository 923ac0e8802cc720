package io.ovation.moderation;

import io.ovation.async.Futures;
import io.ovation.store.SharedTable;
import io.ovation.store.SharedTable.Changes;
import io.ovation.store.SharedTable.Row;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows that this node wrote last. A moderator who was told that a ban holds does not make it
 * again when the store comes back without its last writes: the node does. Each row is kept until
 * the store must have it on disk, and looked for then. Any thread.
 */
final class RecentRows {
  private static final Logger log = LoggerFactory.getLogger(RecentRows.class);

  /**
   * Redis writes its file to disk every second, and may be a second late; a replica that becomes
   * the primary may be further behind.
   */
  static final long CHECK_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Beyond it the oldest are not looked for. */
  static final int BOUND = 10_000;

  private final SharedTable table;
  private final LongSupplier nanoTime;
  private final Deque<Written> rows = new ArrayDeque<>();
  private boolean checking;

  /**
   * @param value empty for a removal
   * @param ends nanoseconds of the monotonic clock, as {@code at}
   */
  private record Written(String key, String value, long version, long ends, long at) {}

  RecentRows(SharedTable table, LongSupplier nanoTime) {
    this.table = table;
    this.nanoTime = nanoTime;
  }

  /**
   * @param value empty for a removal
   */
  synchronized void add(String key, String value, Duration ttl, long version) {
    long now = nanoTime.getAsLong();
    rows.add(new Written(key, value, version, now + ttl.toNanos(), now));
    if (rows.size() > BOUND) {
      rows.remove();
    }
  }

  /** Writes again what the store has lost. While it does not answer, the rows are kept. */
  Future<Void> check() {
    List<Written> due = begin();
    if (due.isEmpty()) {
      return Future.succeededFuture();
    }
    long first = due.stream().mapToLong(Written::version).min().orElse(1);
    return Futures.attempt(() -> table.changes(first - 1))
        .compose(changes -> restore(due, changes))
        .onComplete(done -> end(done.succeeded() ? due.size() : 0, due));
  }

  private synchronized List<Written> begin() {
    long before = nanoTime.getAsLong() - CHECK_AFTER_NANOS;
    List<Written> due = rows.stream().takeWhile(row -> row.at - before <= 0).toList();
    if (checking || due.isEmpty()) {
      return List.of();
    }
    checking = true;
    return due;
  }

  private synchronized void end(int checked, List<Written> due) {
    checking = false;
    for (int i = 0; i < checked && rows.peek() == due.get(i); i++) {
      rows.remove();
    }
  }

  private Future<Void> restore(List<Written> due, Changes changes) {
    Set<String> found = new HashSet<>();
    changes.rows().forEach(row -> found.add(row.key()));
    boolean whole = changes.rows().size() < SharedTable.PAGE;
    long last = whole ? Long.MAX_VALUE : lastOf(changes.rows()).version();
    Future<Void> restored = Future.succeededFuture();
    for (Written row : due) {
      if (row.version <= last && !found.contains(row.key)) {
        restored = restored.compose(v -> write(row));
      }
    }
    return restored;
  }

  private static Row lastOf(List<Row> rows) {
    return rows.get(rows.size() - 1);
  }

  private Future<Void> write(Written row) {
    long left = row.ends - nanoTime.getAsLong();
    if (left <= 0) {
      return Future.succeededFuture();
    }
    log.warn("the store had lost its last writes: a ban or settings are written again");
    return row.value.isEmpty()
        ? table.remove(row.key).mapEmpty()
        : table.put(row.key, row.value, Duration.ofNanos(left)).mapEmpty();
  }
}
