package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.liveness.OriginFailure.Kind;
import io.ovation.metrics.Metrics;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** What became of checks. */
final class CheckMetrics {
  final Counter online;
  final Counter offline;
  final Counter storeFailed;
  final Counter shared;
  final Counter untold;
  final Timer time;
  private final Map<Kind, Counter> failed = new EnumMap<>(Kind.class);

  CheckMetrics(Metrics metrics) {
    online = outcome(metrics, "online");
    offline = outcome(metrics, "offline");
    storeFailed = outcome(metrics, "store");
    for (Kind kind : Kind.values()) {
      failed.put(kind, outcome(metrics, kind.text()));
    }
    shared =
        metrics.counter(
            "ovation.liveness.shared", "items that waited for another one's check of the object");
    untold =
        metrics.counter(
            "ovation.liveness.untold", "sightings that streams' owners were not told of in time");
    time = metrics.timer("ovation.liveness.check", "from a check's begin until it is stored");
  }

  void failed(Kind kind) {
    Objects.requireNonNull(failed.get(kind)).increment();
  }

  private static Counter outcome(Metrics metrics, String outcome) {
    return metrics.counter("ovation.liveness.checks", "checks by outcome", "outcome", outcome);
  }
}
