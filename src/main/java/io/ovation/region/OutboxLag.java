package io.ovation.region;

import io.ovation.async.Futures;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.wire.proto.RegionLag;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.function.Supplier;

/** How far one region is behind, as far as this node forwards to it. Sum it over the nodes. */
final class OutboxLag {
  private static final long POLL_MS = 5_000;

  private final Broker broker;
  private final String region;
  private final Supplier<Collection<OutboxForwarder>> forwarders;
  private volatile long items;
  private volatile long bytes;
  private boolean polling;

  /**
   * @param forwarders of this node to the region
   */
  OutboxLag(
      Broker broker,
      String region,
      Supplier<Collection<OutboxForwarder>> forwarders,
      Metrics metrics) {
    this.broker = broker;
    this.region = region;
    this.forwarders = forwarders;
    metrics.gauge(
        "ovation.region.lag.seconds",
        "Age of the oldest item that waits for the region; take the maximum over the nodes",
        this,
        lag -> lag.oldestMs() / 1_000.0,
        "region",
        region);
    metrics.gauge(
        "ovation.region.outbox.items",
        "Items that wait for the region; sum it over the nodes",
        this,
        lag -> lag.items,
        "region",
        region);
    metrics.gauge(
        "ovation.region.outbox.bytes",
        "Bytes of these items, estimated by those that this node has read",
        this,
        lag -> lag.bytes,
        "region",
        region);
  }

  private long oldestMs() {
    return forwarders.get().stream().mapToLong(OutboxForwarder::lagMs).max().orElse(0);
  }

  /** For operators. Any thread. */
  RegionLag.Builder report() {
    return RegionLag.newBuilder()
        .setRegion(region)
        .setLagMs(oldestMs())
        .setItems(items)
        .setBytes(bytes);
  }

  /** Starts polling. Call it on the context of the verticle, whose end stops it. */
  void watch(Vertx vertx) {
    vertx.setPeriodic(POLL_MS, t -> poll());
  }

  private void poll() {
    if (polling) {
      return;
    }
    polling = true;
    Futures.attempt(this::count).onComplete(done -> polling = false);
  }

  private Future<Void> count() {
    long[] sums = new long[2];
    Future<Void> all = Future.succeededFuture();
    for (OutboxForwarder one : forwarders.get()) {
      all =
          all.compose(v -> broker.depth(one.outbox()))
              .map(
                  waiting -> {
                    int held = one.itemsHeld();
                    sums[0] += waiting + held;
                    sums[1] +=
                        held == 0 ? 0 : one.bytesHeld() * (waiting + held) / Math.max(1, held);
                    return null;
                  });
    }
    return all.onSuccess(
        v -> {
          items = sums[0];
          bytes = sums[1];
        });
  }
}
