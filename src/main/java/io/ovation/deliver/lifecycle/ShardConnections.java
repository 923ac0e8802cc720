package io.ovation.deliver.lifecycle;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Ticker;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.DenseArray;
import io.ovation.deliver.fanout.FanOutTarget;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.transport.Transport;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * A shard's connections and their clock: TTL, heartbeats, drain and close. One loop.
 *
 * <p>Each tick visits a slice of the connections, pings them and closes those that have failed or
 * expired. So one timer visits each about once a second, and pings are spread over time as the
 * connections were.
 */
public final class ShardConnections {
  /** How often {@link #sweep} is called. */
  public static final long TICK_MS = 100;

  private static final long MAX_STEP_MS = 1000;

  private final DeliveryMetrics metrics;
  private final DenseArray<Viewer> all =
      new DenseArray<>(
          viewer -> viewer.connectionIndex, (viewer, index) -> viewer.connectionIndex = index);
  private final DeliverySettings settings;
  private final SplittableRandom random = new SplittableRandom();
  private final DrainScheduler drain;
  private final Ticker ticker;
  private final BooleanSupplier memoryShort;
  private long now;
  private long tickedAt;

  /** Ticks in which all are visited once: a second, or less for a very short heartbeat. */
  private final int slices;

  private int next;
  private int fallbacks;

  /**
   * @param memoryShort whether a connection whose buffer is full must be closed at once
   */
  public ShardConnections(
      DeliverySettings settings,
      DeliveryMetrics metrics,
      Ticker ticker,
      BooleanSupplier memoryShort) {
    this.settings = settings;
    this.metrics = metrics;
    this.ticker = ticker;
    this.memoryShort = memoryShort;
    this.tickedAt = ticker.nanoTime();
    this.drain = new DrainScheduler(all, metrics, random);
    this.slices = (int) Math.max(1, Math.min(1000, settings.heartbeatMs() / 5) / TICK_MS);
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

  /** Visits the next slice; called each {@link #TICK_MS}. */
  public void sweep() {
    int count = (all.size() + slices - 1) / slices;
    for (int i = 0; i < count && all.size() > 0; i++) {
      if (next >= all.size()) {
        next = 0;
      }
      visit(all.get(next++));
    }
  }

  private void visit(Viewer viewer) {
    try {
      check(viewer);
    } catch (RuntimeException | Error e) {
      metrics.failed("a connection's check failed; the connection is closed", e);
      viewer.abort();
    }
  }

  private void check(Viewer viewer) {
    if (viewer.fullSince >= 0 && viewer.writable()) {
      viewer.writabilityChanged(now); // It was full for lack of memory, whose end no socket tells.
    }
    if (viewer.isClosing()) {
      if (now >= viewer.closeBy) {
        viewer.abort();
      }
    } else if (now - viewer.aliveAt > 2 * settings.heartbeatMs()) {
      viewer.close(CloseCode.STALE);
    } else if (viewer.room == null && now - viewer.idleSince > settings.heartbeatMs()) {
      viewer.close(CloseCode.NEVER_WATCHED);
    } else if (viewer.fullSince >= 0
        && (memoryShort.getAsBoolean() || now - viewer.fullSince > settings.stuckMs())) {
      viewer.close(CloseCode.STUCK);
    } else if (viewer.leaveBy >= 0 && now >= viewer.leaveBy) {
      viewer.close(drain.closeCode());
    } else {
      if (viewer.leaveBy < 0 && now >= viewer.expiresAt) {
        drain.expire(viewer, now);
      }
      if (viewer.leaveBy < 0 && now >= viewer.tokenEndsAt) {
        drain.tokenEnds(viewer, now);
      }
      ping(viewer);
      viewer.continueIfWritable();
      abandonLateReplay(viewer);
    }
  }

  private void ping(Viewer viewer) {
    if (now - viewer.pingedAt >= settings.heartbeatMs()) {
      viewer.pingedAt = now;
      if (viewer.writable()) {
        viewer.ping();
      }
    }
  }

  private void abandonLateReplay(Viewer viewer) {
    FanOutTarget.ReplayRequest request = viewer.replayRequest();
    StreamRoom room = viewer.room;
    if (request != null
        && room != null
        && now - request.requestedAt() > DeliverySettings.REPLAY_PATIENCE.toMillis()) {
      metrics.replaysLost.increment();
      viewer.abandonReplay(room.last());
    }
  }

  /** Asks those viewers to reconnect that are due to; called each {@link #TICK_MS}. */
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
