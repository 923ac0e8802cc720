package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What became of the callbacks that came to this node's door. Any thread. */
public final class CallbackMetrics {
  private final Metrics metrics;
  private final Counter accepted;
  private final Timer confirm;
  private final Map<String, Counter> refused = new ConcurrentHashMap<>();

  public CallbackMetrics(Metrics metrics) {
    this.metrics = metrics;
    accepted = metrics.counter("ovation.liveness.accepted", "ids of callbacks durably queued");
    confirm =
        metrics.timer(
            "ovation.liveness.confirm", "from a callback's admission until all of it is durable");
  }

  void watch(AtomicInteger inFlight) {
    metrics.gauge(
        "ovation.liveness.in_flight",
        "ids of callbacks that wait for the queue's confirm",
        inFlight,
        AtomicInteger::get);
  }

  void accepted(int ids, long nanos) {
    accepted.increment(ids);
    confirm.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Reasons are the problems' codes, which are few and fixed. */
  void refused(Problem problem) {
    refused
        .computeIfAbsent(
            problem.code(),
            code ->
                metrics.counter("ovation.liveness.refused", "callbacks refused", "reason", code))
        .increment();
  }
}
