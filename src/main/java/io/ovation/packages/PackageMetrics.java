package io.ovation.packages;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What became of the packages that came to this node's door. Any thread. */
public final class PackageMetrics {
  private final Metrics metrics;
  private final Counter submitted;
  private final Counter repeated;
  private final Timer confirm;
  private final Map<String, Counter> refused = new ConcurrentHashMap<>();

  public PackageMetrics(Metrics metrics) {
    this.metrics = metrics;
    submitted = metrics.counter("ovation.packages.submitted", "packages accepted here");
    repeated = metrics.counter("ovation.packages.repeated", "submissions of an id already known");
    confirm =
        metrics.timer(
            "ovation.packages.confirm", "from a submission's admission until it is durable");
  }

  void watch(AtomicInteger inFlight) {
    metrics.gauge(
        "ovation.packages.in_flight",
        "submissions that wait for store and queue",
        inFlight,
        AtomicInteger::get);
  }

  void accepted(boolean again, long nanos) {
    (again ? repeated : submitted).increment();
    confirm.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Reasons are the problems' codes, which are few and fixed. */
  void refused(Problem problem) {
    refused
        .computeIfAbsent(
            problem.code(),
            code ->
                metrics.counter("ovation.packages.refused", "submissions refused", "reason", code))
        .increment();
  }
}
