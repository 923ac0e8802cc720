package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.Objects;

/** Outcomes of checks. */
final class CheckMetrics {
  private static final String CHECKS = "ovation.liveness.checks";
  private static final String CHECKS_HELP = "checks by outcome";

  final Counter online;
  final Counter offline;
  final Counter storeFailed;
  final Counter shared;
  final Counter notNotified;
  final Timer time;
  private final Map<OriginFailure.Kind, Counter> failed;

  CheckMetrics(Metrics metrics) {
    online = metrics.counter(CHECKS, CHECKS_HELP, "outcome", "online");
    offline = metrics.counter(CHECKS, CHECKS_HELP, "outcome", "offline");
    storeFailed = metrics.counter(CHECKS, CHECKS_HELP, "outcome", "store");
    failed = metrics.counters(CHECKS, CHECKS_HELP, "outcome", OriginFailure.Kind.class);
    shared = metrics.counter("ovation.liveness.shared", "items that shared another item's check");
    notNotified =
        metrics.counter(
            "ovation.liveness.untold", "sightings that did not reach the stream's owner in time");
    time = metrics.timer("ovation.liveness.check", "from a check's start until it is stored");
  }

  void failed(OriginFailure.Kind kind) {
    Objects.requireNonNull(failed.get(kind)).increment();
  }
}
