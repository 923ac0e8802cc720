package io.ovation.region;

import io.ovation.async.Futures;
import io.ovation.queue.QueueName;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands on to the other regions how many viewers one partition's streams have here, and which are
 * live: what changed since the last report, and everything again every few seconds, since each
 * value ends there by itself. The owner is asked once for all regions that have the same; a region
 * that is slow is asked for alone afterwards, and delays no other. Nothing gathers while a region
 * is away. All on the verticle's context.
 */
final class PresenceForwarder {
  /** Everything is repeated after this time, well before it ends. */
  private static final long REFRESH_MS = 5_000;

  /** An item that waits longer in the other region's queue is dropped there. */
  private static final Duration TTL = Duration.ofSeconds(10);

  private static final Logger log = LoggerFactory.getLogger(PresenceForwarder.class);

  private final String ownRegion;
  private final List<Target> targets;
  private final int partition;
  private final Function<PresenceQuery, Future<PresenceReport>> owner;
  private final LongSupplier millis;
  private long refreshAt = Long.MIN_VALUE;

  /** A region and the report that it has; none at first. */
  private static final class Target {
    private final RegionLink link;
    private Position has = Position.NONE;
    private boolean refresh;
    private boolean busy;

    Target(RegionLink link) {
      this.link = link;
    }
  }

  private record Position(long epoch, long version) {
    static final Position NONE = new Position(0, 0);
  }

  /**
   * @param owner asks the partition's owner; fails if there is none now
   * @param millis the monotonic clock
   */
  PresenceForwarder(
      String ownRegion,
      List<RegionLink> links,
      int partition,
      Function<PresenceQuery, Future<PresenceReport>> owner,
      LongSupplier millis) {
    this.ownRegion = ownRegion;
    this.targets = links.stream().map(Target::new).toList();
    this.partition = partition;
    this.owner = owner;
    this.millis = millis;
  }

  /** To be called about once a second. */
  void poll() {
    long now = millis.getAsLong();
    if (now >= refreshAt) {
      targets.forEach(target -> target.refresh = true);
      refreshAt = now + REFRESH_MS;
    }
    Map<Position, List<Target>> alike = new LinkedHashMap<>();
    for (Target target : targets) {
      if (!target.busy && target.link.connected()) {
        target.has = target.refresh ? Position.NONE : target.has;
        target.refresh = false;
        alike.computeIfAbsent(target.has, has -> new ArrayList<>()).add(target);
      }
    }
    alike.forEach(this::forward);
  }

  /**
   * @param to regions that have the same
   */
  private void forward(Position has, List<Target> to) {
    PresenceQuery query =
        PresenceQuery.newBuilder()
            .setPartition(partition)
            .setEpoch(has.epoch)
            .setVersion(has.version)
            .build();
    to.forEach(target -> target.busy = true);
    Futures.attempt(() -> owner.apply(query))
        .onSuccess(report -> to.forEach(target -> forward(report, target)))
        .onFailure(
            e -> {
              log.debug("the viewer counts of partition {} are not known", partition, e);
              to.forEach(target -> target.busy = false);
            });
  }

  private void forward(PresenceReport report, Target to) {
    Futures.attempt(() -> write(report, to.link))
        .onComplete(
            done -> {
              to.busy = false;
              if (done.failed()) {
                to.link.failed(done.cause());
                log.debug(
                    "viewer counts of partition {} wait for {}",
                    partition,
                    to.link.region,
                    done.cause());
                return;
              }
              to.has = new Position(report.getEpoch(), report.getVersion());
              if (report.getMore()) {
                forward(to.has, List.of(to));
              }
            });
  }

  private Future<Void> write(PresenceReport report, RegionLink link) {
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
}
