package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.wire.Addresses;
import io.ovation.wire.RoutingChecksum;
import io.ovation.wire.proto.Audit;
import io.ovation.wire.proto.Audited;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Compares now and then what is registered here with what the owners route here, one small message
 * per owner. Each way in which the two can part has its own repair; this is for the ways that
 * nobody thought of, so that none lasts.
 */
final class RouteReconciler {
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  private final Vertx vertx;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final List<RegistrationClient> registrars;
  private final IntFunction<Collection<String>> streams;
  private final SupervisorMetrics meters;

  /**
   * @param streams the streams of a partition that have viewers here
   */
  RouteReconciler(
      Vertx vertx,
      Cluster cluster,
      PartitionAssignment assignment,
      List<RegistrationClient> registrars,
      IntFunction<Collection<String>> streams,
      SupervisorMetrics meters) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.assignment = assignment;
    this.registrars = registrars;
    this.streams = streams;
    this.meters = meters;
  }

  void run() {
    Map<String, Audit.Builder> reconciler = new HashMap<>();
    Map<Integer, Long> steps = new HashMap<>();
    for (int p = 0; p < registrars.size(); p++) {
      String owner = assignment.of(p);
      if (owner != null && registrars.get(p).settled()) {
        steps.put(p, registrars.get(p).steps());
        reconciler
            .computeIfAbsent(owner, o -> Audit.newBuilder().setNode(cluster.self()))
            .addPartitions(RoutingChecksum.of(streams.apply(p)).of(p));
      }
    }
    reconciler.forEach(
        (owner, audit) ->
            vertx
                .eventBus()
                .<Audited>request(Addresses.dispatch(owner), audit.build(), TIMEOUT)
                .onSuccess(answer -> compare(answer.body(), steps)));
  }

  /** What changed while the audit was on its way proves nothing. */
  private void compare(Audited answer, Map<Integer, Long> steps) {
    for (int partition : answer.getDifferingList()) {
      RegistrationClient registrationClient = registrars.get(partition);
      if (registrationClient.settled()
          && steps.getOrDefault(partition, -1L) == registrationClient.steps()) {
        meters.differences.increment();
        registrationClient.suspended();
      }
    }
  }
}
