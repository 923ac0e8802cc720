package io.ovation.node;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.deliver.DeliveryService;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node leaves a cluster that goes on: it lets no new viewers in, gives what it owns to the
 * others at once, and sends its viewers to them evenly over a while, in which it goes on
 * delivering. A node with nobody to give to keeps what it owns until its viewers have gone, and
 * sends them away at once: there is no place to wait for.
 */
final class NodeDrain {
  private static final Logger log = LoggerFactory.getLogger(NodeDrain.class);

  /** For the last viewers, once all have been asked to go: they are given 5 s. */
  private static final Duration REST = Duration.ofSeconds(7);

  private final Cluster cluster;
  private final Duration period;
  private final Promise<Void> done = Promise.promise();

  NodeDrain(Cluster cluster, Duration period) {
    this.cluster = cluster;
    this.period = period;
  }

  /** Within that it ends by itself. */
  Duration limit() {
    return period.plus(REST).plusSeconds(1);
  }

  /**
   * @param viewers null for a node without any
   * @param owned the roles by which this node owns partitions, and how each is given up
   */
  Future<Void> begin(@Nullable DeliveryService viewers, List<Handover> owned) {
    owned.stream()
        .filter(handover -> others(handover.role()))
        .forEach(
            handover ->
                handover
                    .give()
                    .get()
                    .onFailure(e -> log.warn("{} is not given up yet", handover.role().text(), e)));
    if (viewers == null) {
      return Future.succeededFuture();
    }
    viewers.refuseNewViewers();
    boolean elsewhere = others(Role.SUPERVISE);
    log.info(
        "sending {} viewers away{}",
        viewers.connections(),
        elsewhere ? " over " + period.toSeconds() + " s" : "; no other node serves viewers");
    Duration over = elsewhere ? period : Duration.ZERO;
    viewers
        .drain(over)
        .timeout(over.plus(REST).toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> log.info("{} viewers did not leave", viewers.connections()))
        .onComplete(gone -> done.tryComplete());
    return done.future();
  }

  /** Ends it now; who is still here is disconnected. Any thread. */
  void hurry() {
    done.tryComplete();
  }

  private boolean others(Role role) {
    return cluster.members().stream()
        .anyMatch(member -> member.is(role) && !member.id().equals(cluster.self()));
  }

  /** A role, and how it is ended. */
  record Handover(Role role, Supplier<Future<Void>> give) {}
}
