package io.ovation.region;

import io.ovation.async.Futures;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.queue.QueueName;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands on to one region how many viewers one partition's streams have here, and which are live:
 * what changed since the last report, and everything again every few seconds, since each value ends
 * there by itself. Nothing gathers while the region is away. All on the verticle's context.
 */
final class PresenceForwarder {
  /** Everything is repeated after this time, well before it ends. */
  private static final long REFRESH_MS = 5_000;

  /** An item that waits longer in the other region's queue is dropped there. */
  private static final Duration TTL = Duration.ofSeconds(10);

  private static final Logger log = LoggerFactory.getLogger(PresenceForwarder.class);
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(2_000);

  private final Vertx vertx;
  private final String ownRegion;
  private final RegionLink link;
  private final int partition;
  private final PartitionAssignment owners;
  private final LongSupplier millis;
  private long epoch;
  private long version;
  private long refreshAt = Long.MIN_VALUE;
  private boolean busy;

  /**
   * @param owners of this region's partitions
   * @param millis the monotonic clock
   */
  PresenceForwarder(
      Vertx vertx,
      String ownRegion,
      RegionLink link,
      int partition,
      PartitionAssignment owners,
      LongSupplier millis) {
    this.vertx = vertx;
    this.ownRegion = ownRegion;
    this.link = link;
    this.partition = partition;
    this.owners = owners;
    this.millis = millis;
  }

  /** To be called about once a second. */
  void poll() {
    if (busy || !link.connected()) {
      return;
    }
    long now = millis.getAsLong();
    if (now >= refreshAt) {
      version = 0;
      refreshAt = now + REFRESH_MS;
    }
    busy = true;
    Futures.attempt(this::forward)
        .onFailure(
            e -> {
              link.forgetPartitions();
              log.debug("viewer counts of partition {} wait for {}", partition, link.region, e);
            })
        .onComplete(done -> busy = false);
  }

  private Future<Void> forward() {
    String owner = owners.of(partition);
    if (owner == null) {
      return Future.succeededFuture();
    }
    PresenceQuery query =
        PresenceQuery.newBuilder()
            .setPartition(partition)
            .setEpoch(epoch)
            .setVersion(version)
            .build();
    return vertx
        .eventBus()
        .<PresenceReport>request(Addresses.dispatch(owner), query, PATIENCE)
        .map(Message::body)
        .compose(report -> carry(report).compose(v -> carried(report)));
  }

  private Future<Void> carry(PresenceReport report) {
    if (report.getStreamsCount() == 0) {
      return Future.succeededFuture();
    }
    return link.partitions()
        .compose(
            partitions -> {
              ForwardBatch batch = new ForwardBatch(ownRegion, partitions);
              batch.add(report.getStreamsList());
              List<Future<Void>> writes = new ArrayList<>();
              for (Map.Entry<QueueName, byte[]> item : batch.items().entrySet()) {
                writes.add(link.publish(item.getKey(), item.getValue(), TTL));
              }
              return Future.join(writes);
            })
        .onSuccess(v -> link.metrics.states.increment(report.getStreamsCount()))
        .mapEmpty();
  }

  private Future<Void> carried(PresenceReport report) {
    epoch = report.getEpoch();
    version = report.getVersion();
    return report.getMore() ? forward() : Future.succeededFuture();
  }
}
