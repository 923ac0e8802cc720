package io.ovation.deliver.lifecycle;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.protocol.CloseCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks viewers to connect anew, and sees to it that they leave: each when its time is over, and all
 * of them, evenly over a while, when the node is about to stop. Until it has left a viewer gets all
 * that comes. Times are the shard's milliseconds. One loop.
 */
public final class DrainScheduler {
  /** Who has not left so long after it was asked to is disconnected. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** A viewer comes back within this time, at a moment of its own. */
  public static final Duration SPREAD = Duration.ofSeconds(2);

  /** A small crowd does not hold up a node for a whole period. */
  private static final long LEAST_PER_SECOND = 10;

  private final ConnectionList connections;
  private final DeliveryMetrics meters;
  private final RandomGenerator random;
  private @Nullable Drain drain;

  public DrainScheduler(
      ConnectionList connections, DeliveryMetrics meters, RandomGenerator random) {
    this.connections = connections;
    this.meters = meters;
    this.random = random;
  }

  /** A sending away of all that are here. */
  private static final class Drain {
    final long since;
    final long period;
    final long spread;
    final int count;
    final Promise<Void> done = Promise.promise();
    int told;

    /**
     * Those from here on have been told. When one leaves, the last takes its place: one that was
     * told, too. So nobody is left out.
     */
    int cursor;

    Drain(long since, long period, long spread, int count) {
      this.since = since;
      this.period = period;
      this.spread = spread;
      this.count = count;
      this.cursor = count;
    }

    /** How many should have been told by now. */
    int due(long now) {
      long passed = now - since;
      if (passed >= period) {
        return count;
      }
      long evenly = 1 + count * passed / period;
      return (int) Math.min(count, Math.max(evenly, LEAST_PER_SECOND * passed / 1000));
    }
  }

  /** Its time is over, or it came while all are sent away. */
  void expire(Viewer viewer, long now) {
    if (drain != null) {
      tellDrained(drain, viewer, now);
    } else if (tell(viewer, "ttl", SPREAD.toMillis(), now + PATIENCE.toMillis())) {
      meters.expired.increment();
    }
  }

  public boolean draining() {
    return drain != null;
  }

  /** Why one that did not leave is disconnected. */
  CloseCode code() {
    return drain == null ? CloseCode.EXPIRED : CloseCode.GOING_AWAY;
  }

  /**
   * Sends everybody away, evenly over {@code period}. Called once.
   *
   * @param spread milliseconds within which each comes back
   * @return done when nobody is here
   */
  public Future<Void> drain(long now, long period, long spread) {
    Drain begun = new Drain(now, period, spread, connections.size());
    drain = begun;
    tick(now);
    return begun.done.future();
  }

  public void tick(long now) {
    Drain current = drain;
    if (current == null) {
      return;
    }
    current.cursor = Math.min(current.cursor, connections.size());
    int due = current.due(now);
    while (current.told < due && current.cursor > 0) {
      current.told++;
      tellDrained(current, connections.get(--current.cursor), now);
    }
    if (connections.size() == 0) {
      current.done.tryComplete();
    }
  }

  private void tellDrained(Drain current, Viewer viewer, long now) {
    if (tell(viewer, "drain", current.spread, now + PATIENCE.toMillis())) {
      meters.drained.increment();
    }
  }

  /** False if it was told before, or is ending. */
  private boolean tell(Viewer viewer, String reason, long spread, long leaveBy) {
    if (viewer.ending() || viewer.leaveBy >= 0) {
      return false;
    }
    viewer.leaveBy = leaveBy;
    viewer.reconnect(random.nextLong(spread + 1), reason, code());
    return true;
  }
}
