package io.ovation.deliver.lifecycle;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.Viewer;
import io.ovation.deliver.fanout.DenseArray;
import io.ovation.deliver.protocol.CloseCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks viewers to reconnect, and disconnects those that stay: each viewer when its TTL ends, and
 * all of them, evenly over a period, when the node is about to stop. Until it has left, a viewer
 * gets everything. Times are the shard's milliseconds. One loop.
 */
public final class DrainScheduler {
  /** A viewer that has not left this long after it was asked to is disconnected. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Viewers are asked to reconnect at a random time within this. */
  public static final Duration SPREAD = Duration.ofSeconds(2);

  /** A node with few viewers need not drain them over the whole period. */
  private static final long MIN_PER_SECOND = 10;

  private final DenseArray<Viewer> connections;
  private final DeliveryMetrics metrics;
  private final RandomGenerator random;

  /** Of the node's drain; null before it begins. */
  private @Nullable Promise<Void> drained;

  private long since;
  private long period;
  private long spread;

  /** The viewers that were connected when it began, and how many of them have been asked. */
  private int count;

  private int asked;

  /**
   * Viewers at this index and above have been asked. The last viewer takes the place of one that
   * leaves, and it has been asked too: so none is left out.
   */
  private int cursor;

  public DrainScheduler(
      DenseArray<Viewer> connections, DeliveryMetrics metrics, RandomGenerator random) {
    this.connections = connections;
    this.metrics = metrics;
    this.random = random;
  }

  /** The viewer's TTL has ended, or it connected during a drain. */
  void expire(Viewer viewer, long now) {
    if (isDraining()) {
      askToDrain(viewer, now);
    } else if (ask(viewer, "ttl", SPREAD.toMillis(), now)) {
      metrics.expired.increment();
    }
  }

  /** It may stay if it watches again with another token. */
  void tokenEnds(Viewer viewer, long now) {
    long spread = Math.min(SPREAD.toMillis(), viewer.tokenLeftMs / 4);
    if (ask(viewer, "token", spread, now)) {
      viewer.tokenEnded = true;
      viewer.leaveBy = now + Math.min(PATIENCE.toMillis(), viewer.tokenLeftMs);
      metrics.tokensEnded.increment();
    }
  }

  public boolean isDraining() {
    return drained != null;
  }

  /** With which code a viewer is disconnected that did not leave. */
  CloseCode closeCode() {
    return drained == null ? CloseCode.EXPIRED : CloseCode.GOING_AWAY;
  }

  /**
   * Asks all viewers to reconnect, evenly over {@code period}. Called once.
   *
   * @param spread each is asked to come back at a random time within this
   * @return completes when no viewer is connected
   */
  public Future<Void> drain(long now, long period, long spread) {
    Promise<Void> done = Promise.promise();
    drained = done;
    since = now;
    this.period = period;
    this.spread = spread;
    count = connections.size();
    cursor = count;
    tick(now);
    return done.future();
  }

  public void tick(long now) {
    Promise<Void> done = drained;
    if (done == null) {
      return;
    }
    cursor = Math.min(cursor, connections.size());
    int due = due(now);
    while (asked < due && cursor > 0) {
      asked++;
      askToDrain(connections.get(--cursor), now);
    }
    if (connections.size() == 0) {
      done.tryComplete();
    }
  }

  /** How many viewers should have been asked by now. */
  private int due(long now) {
    long passed = now - since;
    if (passed >= period) {
      return count;
    }
    long evenly = 1 + count * passed / period;
    return (int) Math.min(count, Math.max(evenly, MIN_PER_SECOND * passed / 1000));
  }

  private void askToDrain(Viewer viewer, long now) {
    if (ask(viewer, "drain", spread, now)) {
      metrics.drained.increment();
    }
  }

  /** Returns false if the viewer was asked before, or is being closed. */
  private boolean ask(Viewer viewer, String reason, long spread, long now) {
    if (viewer.isClosing() || viewer.leaveBy >= 0) {
      return false;
    }
    viewer.leaveBy = now + PATIENCE.toMillis();
    viewer.reconnect(random.nextLong(spread + 1), reason, closeCode());
    return true;
  }
}
