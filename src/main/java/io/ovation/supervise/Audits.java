package io.ovation.supervise;

import io.ovation.bus.Addresses;
import io.ovation.bus.Cluster;
import io.ovation.bus.Owners;
import io.ovation.bus.RouteSum;
import io.ovation.bus.proto.Audit;
import io.ovation.bus.proto.Audited;
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
final class Audits {
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  private final Vertx vertx;
  private final Cluster cluster;
  private final Owners owners;
  private final List<Registrar> registrars;
  private final IntFunction<Collection<String>> streams;
  private final Meters meters;

  /**
   * @param streams the streams of a partition that have viewers here
   */
  Audits(
      Vertx vertx,
      Cluster cluster,
      Owners owners,
      List<Registrar> registrars,
      IntFunction<Collection<String>> streams,
      Meters meters) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.owners = owners;
    this.registrars = registrars;
    this.streams = streams;
    this.meters = meters;
  }

  void run() {
    Map<String, Audit.Builder> audits = new HashMap<>();
    Map<Integer, Long> steps = new HashMap<>();
    for (int p = 0; p < registrars.size(); p++) {
      String owner = owners.of(p);
      if (owner != null && registrars.get(p).settled()) {
        steps.put(p, registrars.get(p).steps());
        audits
            .computeIfAbsent(owner, o -> Audit.newBuilder().setNode(cluster.self()))
            .addPartitions(RouteSum.of(streams.apply(p)).of(p));
      }
    }
    audits.forEach(
        (owner, audit) ->
            vertx
                .eventBus()
                .<Audited>request(Addresses.dispatch(owner), audit.build(), TIMEOUT)
                .onSuccess(answer -> compare(answer.body(), steps)));
  }

  /** What changed while the audit was on its way proves nothing. */
  private void compare(Audited answer, Map<Integer, Long> steps) {
    for (int partition : answer.getDifferingList()) {
      Registrar registrar = registrars.get(partition);
      if (registrar.settled() && steps.getOrDefault(partition, -1L) == registrar.steps()) {
        meters.differences.increment();
        registrar.suspended();
      }
    }
  }
}
