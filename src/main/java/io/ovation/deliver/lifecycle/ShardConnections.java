package io.ovation.deliver.lifecycle;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Ticker;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.DenseArray;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.transport.Transport;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** A shard's connections and their clock: TTL, heartbeats, drain and close. One loop. */
public final class ShardConnections {
  private static final long MAX_STEP_MS = 1000;

  private final DeliveryMetrics metrics;
  private final DenseArray<Viewer> all =
      new DenseArray<>(
          viewer -> viewer.connectionIndex, (viewer, index) -> viewer.connectionIndex = index);
  private final DeliverySettings settings;
  private final SplittableRandom random = new SplittableRandom();
  private final DrainScheduler drain;
  private final HeartbeatSweep heartbeats;
  private final Ticker ticker;
  private long now;
  private long tickedAt;
  private int fallbacks;

  public ShardConnections(DeliverySettings settings, DeliveryMetrics metrics, Ticker ticker) {
    this.settings = settings;
    this.metrics = metrics;
    this.ticker = ticker;
    this.tickedAt = ticker.nanoTime();
    this.drain = new DrainScheduler(all, metrics, random);
    this.heartbeats = new HeartbeatSweep(settings, all, drain, metrics);
  }

  public DenseArray<Viewer> all() {
    return all;
  }

  public int fallbacks() {
    return fallbacks;
  }

  /** Milliseconds in which this loop was running. */
  public long now() {
    return now;
  }

  /**
   * Advances the clock by no more than a second: after the process was suspended, what clients sent
   * meanwhile is not read yet, so none of them may count as stale.
   */
  public void advanceClock() {
    long nanos = ticker.nanoTime();
    now += Math.min(MAX_STEP_MS, TimeUnit.NANOSECONDS.toMillis(nanos - tickedAt));
    tickedAt = nanos;
  }

  public void add(Viewer viewer) {
    viewer.aliveAt = now;
    viewer.pingedAt = now;
    viewer.idleSince = now;
    viewer.expiresAt =
        drain.isDraining() ? now : expiry(settings.ttlMinMs(), settings.ttlMaxMs(), now, random);
    all.add(viewer);
    fallbacks += viewer.transport == Transport.FALLBACK ? 1 : 0;
    metrics.opened(viewer.transport);
  }

  /**
   * A random time within the bounds, so that connections made in one second do not return in one
   * second; with a {@code max} of 0 never.
   */
  static long expiry(long min, long max, long now, RandomGenerator random) {
    return max == 0 ? Long.MAX_VALUE : now + min + random.nextLong(max - min + 1);
  }

  public void remove(Viewer viewer) {
    if (all.remove(viewer)) {
      fallbacks -= viewer.transport == Transport.FALLBACK ? 1 : 0;
      metrics.closed(viewer.transport);
    }
  }

  /** Checks a part of the connections; called each {@link HeartbeatSweep#TICK_MS}. */
  public void sweep() {
    heartbeats.tick(now);
  }

  /**
   * Asks those viewers to reconnect that are due to; called each {@link HeartbeatSweep#TICK_MS}.
   */
  public void drainDue() {
    drain.tick(now);
  }

  /** As {@link DrainScheduler#drain}. */
  public Future<Void> drain(Duration period, Duration spread) {
    return drain.drain(now, period.toMillis(), spread.toMillis());
  }

  /** Closes all connections; those that do not answer in time are closed without. */
  public void closeAll(EventLoop loop) {
    for (int i = all.size() - 1; i >= 0; i--) {
      Viewer viewer = all.get(i);
      viewer.close(CloseCode.GOING_AWAY);
      loop.schedule(
          viewer::abort, DeliverySettings.CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
