package io.ovation.node;

import io.ovation.async.MemoizedFuture;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.deliver.DeliveryService;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drains a node that leaves the cluster: it accepts no new viewers, hands its partitions over at
 * once, and asks its viewers to reconnect elsewhere, evenly over {@code drain.period}, while it
 * goes on delivering. If no other node can take over, the node keeps its partitions until its
 * viewers have disconnected, and asks them to reconnect immediately, since waiting would not help.
 */
final class NodeDrain {
  private static final Logger log = LoggerFactory.getLogger(NodeDrain.class);

  /** For the last viewers to disconnect: each has 5 s after it was asked to reconnect. */
  private static final Duration REST = Duration.ofSeconds(7);

  private final Cluster cluster;
  private final Duration period;
  private final Promise<Void> done = Promise.promise();
  private boolean begun;

  NodeDrain(Cluster cluster, Duration period) {
    this.cluster = cluster;
    this.period = period;
  }

  /** The drain ends by itself within this time. */
  Duration limit() {
    return period.plus(REST).plusSeconds(1);
  }

  synchronized boolean begun() {
    return begun;
  }

  /**
   * Begins at the first call; later ones wait for the same end.
   *
   * @param viewers null for a node that serves no viewers
   * @param owned the roles by which this node owns partitions, and how to hand each over
   */
  synchronized Future<Void> begin(
      @Nullable DeliveryService viewers, Map<Role, MemoizedFuture> owned) {
    if (begun) {
      return done.future();
    }
    begun = true;
    owned.forEach(
        (role, release) -> {
          if (others(role)) {
            release
                .get()
                .onFailure(
                    e -> log.warn("could not hand the role {} over in time", role.text(), e));
          }
        });
    if (viewers == null) {
      done.tryComplete();
      return done.future();
    }
    viewers.refuseNewViewers();
    boolean elsewhere = others(Role.SUPERVISE);
    log.info(
        "asking {} viewers to reconnect{}",
        viewers.connections(),
        elsewhere ? " over " + period.toSeconds() + " s" : "; no other node serves viewers");
    Duration over = elsewhere ? period : Duration.ZERO;
    viewers
        .drain(over)
        .timeout(over.plus(REST).toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> log.info("{} viewers did not disconnect in time", viewers.connections()))
        .onComplete(gone -> done.tryComplete());
    return done.future();
  }

  /** Ends the drain now; the remaining viewers are disconnected. Any thread. */
  void hurry() {
    done.tryComplete();
  }

  /** Whether another node has this role. */
  boolean others(Role role) {
    return cluster.members().stream()
        .anyMatch(member -> member.is(role) && !member.id().equals(cluster.self()));
  }
}
