package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.HistoryLimits;
import io.ovation.store.SharedTable;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** The shared table in the local file. Its only reader is this node. */
final class EmbeddedSharedTable implements SharedTable {
  private final DiskOperations operations;

  /** Key → version, stamp, region (empty for this one) and its length, value. */
  private final ExpiringMap<String> rows;

  /** The table's version. */
  private final MVMap<String, Long> state;

  /** Version → key, as a reader asks after each change. Rows that expired may still be in it. */
  private @Nullable NavigableMap<Long, String> keys;

  EmbeddedSharedTable(StoreMaps maps, DiskOperations operations) {
    this.operations = operations;
    this.rows = maps.expiring("store.table", ExpiryIndex.ROW);
    this.state = maps.numbers("store.table.state");
  }

  @Override
  public Future<Long> put(String key, String value, Duration ttl) {
    return operations.write(
        1,
        now -> {
          ByteBuffer held = rows.get(key, now);
          if (held == null && full()) {
            return 0L;
          }
          long stamp = held == null ? 0 : held.getLong(held.position() + 8);
          long version = Math.max(nextVersion(now), stamp + 1);
          set(key, now + HistoryLimits.millis(ttl), version, version, "", value);
          return version;
        });
  }

  @Override
  public Future<Merged> merge(String own, Foreign row) {
    return operations.write(
        1,
        now -> {
          ByteBuffer held = rows.get(row.key(), now);
          if (held == null && full()) {
            return Merged.FULL;
          }
          if (held != null && !newer(own, row, held)) {
            return Merged.OLDER;
          }
          long ends = Math.min(row.endsMs(), now + HistoryLimits.millis(row.ttl()));
          boolean gone = row.value().isEmpty() || ends <= now;
          set(
              row.key(),
              gone ? now + REMOVAL.toMillis() : ends,
              nextVersion(now),
              row.stamp(),
              row.region(),
              gone ? "" : row.value());
          return Merged.SET;
        });
  }

  private static Row row(String key, ByteBuffer row, long now) {
    long left = ExpiringMap.expiry(row) - now;
    long version = row.getLong();
    row.getLong();
    boolean own = text(row, row.get()).isEmpty();
    return new Row(key, version, left, text(row, row.remaining()), own);
  }

  private static boolean newer(String own, Foreign row, ByteBuffer held) {
    held.getLong();
    long stamp = held.getLong();
    String region = text(held, held.get());
    return row.stamp() > stamp
        || (row.stamp() == stamp && row.region().compareTo(region.isEmpty() ? own : region) > 0);
  }

  private static String text(ByteBuffer row, int length) {
    byte[] bytes = new byte[length];
    row.get(bytes);
    return new String(bytes, UTF_8);
  }

  private boolean full() {
    return rows.map().sizeAsLong() >= MAX_ROWS;
  }

  private long nextVersion(long now) {
    return Math.max(TimeUnit.MILLISECONDS.toMicros(now), version() + 1);
  }

  private void set(String key, long ends, long version, long stamp, String region, String value) {
    NavigableMap<Long, String> index = index();
    byte[] before = rows.map().get(key);
    if (before != null) {
      index.remove(versionOf(before));
    }
    index.put(version, key);
    byte[] origin = region.getBytes(UTF_8);
    byte[] text = value.getBytes(UTF_8);
    ByteBuffer row = ByteBuffer.allocate(17 + origin.length + text.length);
    row.putLong(version).putLong(stamp).put((byte) origin.length).put(origin).put(text);
    rows.put(key, ends, row.array());
    state.put("v", version);
  }

  private NavigableMap<Long, String> index() {
    boolean manyExpired = keys != null && keys.size() > 2 * rows.map().size() + PAGE;
    if (keys == null || manyExpired) {
      NavigableMap<Long, String> read = new TreeMap<>();
      rows.map().forEach((key, row) -> read.put(versionOf(row), key));
      keys = read;
    }
    return keys;
  }

  private static long versionOf(byte[] row) {
    return ByteBuffer.wrap(row).getLong(Long.BYTES);
  }

  private long version() {
    Long version = state.get("v");
    return version == null ? 0 : version;
  }

  @Override
  public Future<Long> remove(String key) {
    return put(key, "", REMOVAL);
  }

  /** A removal is forgotten only after this node has noticed it. */
  @Override
  public Future<Changes> changes(long since) {
    if (version() == since) {
      return operations.lookUp(now -> new Changes(since, 0, List.of()));
    }
    return operations.onDisk(
        now -> {
          List<Row> page = new ArrayList<>();
          Iterator<Map.Entry<Long, String>> changed =
              index().tailMap(since, false).entrySet().iterator();
          while (changed.hasNext() && page.size() < PAGE) {
            Map.Entry<Long, String> next = changed.next();
            ByteBuffer row = rows.get(next.getValue(), now);
            if (row == null || row.getLong(row.position()) != next.getKey()) {
              changed.remove(); // It has expired, and may have been set again since.
            } else {
              page.add(row(next.getValue(), row, now));
            }
          }
          return new Changes(version(), 0, page);
        });
  }
}
