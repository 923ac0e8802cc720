package io.ovation.region;

import io.ovation.async.Backoff;
import io.ovation.async.Futures;
import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.OutboxItem;
import io.ovation.queue.QueueName;
import io.ovation.store.SharedTable;
import io.ovation.store.SharedTable.Row;
import io.ovation.store.Store;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends all bans, settings and erasures that this region made to one other region, each time it
 * connects: the other region may be new, or its outbox may have dropped some. What it has already,
 * or has newer, changes nothing there. On the verticle's context.
 */
final class TableForwarder {
  /** A link that comes and goes does not repeat everything each time. */
  private static final long PAUSE_MS = 10_000;

  /** After a failure; each attempt reads the whole table. */
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(30), 0.2);

  private static final Logger log = LoggerFactory.getLogger(TableForwarder.class);

  private final String ownRegion;
  private final RegionLink link;
  private final Store store;
  private final LongSupplier millis;
  private long notBefore = Long.MIN_VALUE;
  private int failures;
  private boolean busy;
  private boolean done;

  /**
   * @param millis the monotonic clock
   */
  TableForwarder(String ownRegion, RegionLink link, Store store, LongSupplier millis) {
    this.ownRegion = ownRegion;
    this.link = link;
    this.store = store;
    this.millis = millis;
  }

  /** To be called about once a second. */
  void poll() {
    done &= link.connected();
    if (busy || done || !link.connected() || millis.getAsLong() < notBefore) {
      return;
    }
    busy = true;
    Futures.attempt(() -> store.now().compose(now -> forward(0, now)))
        .onSuccess(
            v -> {
              done = true;
              failures = 0;
              notBefore = millis.getAsLong() + PAUSE_MS;
            })
        .onFailure(this::failed)
        .onComplete(v -> busy = false);
  }

  private void failed(Throwable cause) {
    failures++;
    notBefore = millis.getAsLong() + BACKOFF.pauseMs(failures);
    link.metrics.retries.increment();
    link.failed(cause);
    if (failures == 1 || failures % 30 == 0) {
      log.warn(
          "bans and settings wait for region {}, attempt {} follows: {}",
          link.region,
          failures + 1,
          cause.getMessage());
    }
  }

  private Future<Void> forward(long since, long now) {
    return store
        .table()
        .changes(since)
        .compose(
            changes -> {
              List<Row> rows = changes.rows();
              Future<Void> carried = carry(rows, now);
              return rows.size() < SharedTable.PAGE
                  ? carried
                  : carried.compose(v -> forward(rows.get(rows.size() - 1).version(), now));
            });
  }

  private Future<Void> carry(List<Row> rows, long now) {
    OutboxItem.Builder item = OutboxItem.newBuilder().setRegion(ownRegion);
    rows.stream()
        .filter(row -> row.own() && row.leftMs() > 0)
        .filter(row -> !row.key().startsWith(SharedTable.OWN_REGION))
        .forEach(
            row ->
                item.addRows(
                    ForwardedRow.newBuilder()
                        .setKey(row.key())
                        .setValue(row.value())
                        .setEndsMs(now + row.leftMs())
                        .setTtlMs(row.leftMs())
                        .setStamp(row.version())));
    if (item.getRowsCount() == 0) {
      return Future.succeededFuture();
    }
    return link.partitions()
        .compose(
            partitions -> {
              ForwardBatch batch = new ForwardBatch(ownRegion, partitions);
              batch.add(item.build());
              List<Future<Void>> writes = new ArrayList<>();
              for (Map.Entry<QueueName, byte[]> one : batch.items().entrySet()) {
                writes.add(link.publish(one.getKey(), one.getValue(), Duration.ZERO));
              }
              return Future.join(writes);
            })
        .onSuccess(v -> link.metrics.states.increment(item.getRowsCount()))
        .mapEmpty();
  }
}
