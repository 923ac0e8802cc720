package io.ovation.supervise;

import io.ovation.wire.Addresses;
import io.ovation.wire.RoutingChecksum;
import io.ovation.wire.proto.Audit;
import io.ovation.wire.proto.Audited;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Compares this node's registrations with the owners' routes, by one small message per owner. This
 * is a safety net: known causes of a difference are repaired where they occur.
 */
final class RouteReconciler {
  private static final long TIMEOUT_MS = 2_000;

  private final SupervisorContext context;
  private final List<RegistrationClient> registrations;
  private final IntFunction<Collection<String>> streams;

  /**
   * @param registrations by partition
   * @param streams a partition's streams on this node
   */
  RouteReconciler(
      SupervisorContext context,
      List<RegistrationClient> registrations,
      IntFunction<Collection<String>> streams) {
    this.context = context;
    this.registrations = registrations;
    this.streams = streams;
  }

  void run() {
    Map<String, Audit.Builder> audits = new HashMap<>();
    Map<Integer, Long> steps = new HashMap<>();
    for (int p = 0; p < registrations.size(); p++) {
      String owner = context.assignment().of(p);
      if (owner != null && registrations.get(p).settled()) {
        steps.put(p, registrations.get(p).steps());
        audits
            .computeIfAbsent(owner, o -> Audit.newBuilder().setNode(context.cluster().self()))
            .addPartitions(RoutingChecksum.of(streams.apply(p)).of(p));
      }
    }
    audits.forEach(
        (owner, audit) ->
            context
                .<Audited>request(Addresses.dispatch(owner), audit.build(), TIMEOUT_MS)
                .onSuccess(answer -> repair(answer, steps)));
  }

  /** A partition whose registrations changed since the audit was sent may differ only for that. */
  private void repair(Audited answer, Map<Integer, Long> steps) {
    for (int partition : answer.getDifferingList()) {
      RegistrationClient registration = registrations.get(partition);
      if (registration.settled() && steps.getOrDefault(partition, -1L) == registration.steps()) {
        context.meters().differences.increment();
        registration.registerAll();
      }
    }
  }
}
