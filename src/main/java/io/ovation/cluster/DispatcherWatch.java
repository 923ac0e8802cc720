package io.ovation.cluster;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a live node of the cluster dispatches: without one, comments are accepted and stay in the
 * queue, and watches wait. It is logged when it changes, and is a part of readiness. Any thread.
 */
public final class DispatcherWatch {
  /** How long a cluster that restarts its dispatchers one by one still counts as ready. */
  static final Duration GRACE = Duration.ofSeconds(10);

  private static final Logger log = LoggerFactory.getLogger(DispatcherWatch.class);
  private static final String NONE =
      "no live node has the role dispatch: comments wait in the queue, and watches are not answered."
          + " Start a node with that role";

  private final Cluster cluster;
  private final LongSupplier nanoTime;
  private boolean present;
  private boolean told;
  private long lostAt;

  /**
   * @param nanoTime a monotonic clock
   */
  public DispatcherWatch(Cluster cluster, LongSupplier nanoTime) {
    this.cluster = cluster;
    this.nanoTime = nanoTime;
    this.lostAt = nanoTime.getAsLong() - GRACE.toNanos();
    cluster.onChange(this::changed);
  }

  /** Before this node itself is up, nothing is missed. */
  private synchronized void changed() {
    if (told) {
      refresh();
    }
  }

  /** Looks at the cluster, now and at each change, and logs what has changed. */
  public synchronized void refresh() {
    boolean now = !cluster.nodes(Role.DISPATCH).isEmpty();
    if (now == present && told) {
      return;
    }
    if (!now) {
      lostAt = present ? nanoTime.getAsLong() : lostAt;
      log.warn(NONE);
    } else if (told) {
      log.info("a node with the role dispatch is there: comments that waited are sent");
    }
    present = now;
    told = true;
  }

  public synchronized boolean present() {
    return present;
  }

  /**
   * The check of readiness. A cluster that serves no viewers, since it has packages only, is ready
   * without dispatchers; the check says that there are none.
   */
  public synchronized Future<String> state() {
    if (present) {
      return Future.succeededFuture("there");
    }
    boolean restarting = nanoTime.getAsLong() - lostAt < GRACE.toNanos();
    boolean missed = !cluster.nodes(Role.SUPERVISE).isEmpty();
    return missed && !restarting ? Future.failedFuture(NONE) : Future.succeededFuture(NONE);
  }
}
