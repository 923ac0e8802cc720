package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.HistoryLimits;
import io.ovation.store.SharedTable;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.h2.mvstore.MVMap;

/** The shared table in the local file. Its only reader is this node. */
final class EmbeddedSharedTable implements SharedTable {
  private final DiskOperations operations;

  /** Key → version, value. */
  private final ExpiringMap<String> rows;

  /** The table's version. */
  private final MVMap<String, Long> state;

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
          if (rows.map().sizeAsLong() >= MAX_ROWS && rows.get(key, now) == null) {
            return 0L;
          }
          long version = Math.max(TimeUnit.MILLISECONDS.toMicros(now), version() + 1);
          byte[] text = value.getBytes(UTF_8);
          byte[] row = ByteBuffer.allocate(8 + text.length).putLong(version).put(text).array();
          rows.put(key, now + HistoryLimits.millis(ttl), row);
          state.put("v", version);
          return version;
        });
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
          List<Row> changed = new ArrayList<>();
          for (String key : rows.map().keySet()) {
            ByteBuffer row = rows.get(key, now);
            if (row != null && row.getLong(row.position()) > since) {
              long left = ExpiringMap.expiry(row) - now;
              long version = row.getLong();
              changed.add(new Row(key, version, left, UTF_8.decode(row).toString()));
            }
          }
          changed.sort(Comparator.comparingLong(Row::version));
          List<Row> page = List.copyOf(changed.subList(0, Math.min(PAGE, changed.size())));
          return new Changes(version(), 0, page);
        });
  }
}
