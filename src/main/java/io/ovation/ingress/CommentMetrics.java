package io.ovation.ingress;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.InFlightLimiter;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What became of the comments that came to this node. Any thread. */
final class CommentMetrics {
  private final Metrics metrics;
  private final Counter accepted;
  private final Timer confirm;
  private final Map<String, Counter> refused = new ConcurrentHashMap<>();

  CommentMetrics(Metrics metrics, InFlightLimiter inFlight) {
    this.metrics = metrics;
    accepted = metrics.counter("ovation.ingress.accepted", "comments durably enqueued");
    confirm =
        metrics.timer("ovation.ingress.confirm", "from a comment's admission until it is durable");
    metrics.gauge(
        "ovation.ingress.in_flight",
        "comments admitted but not yet durable",
        inFlight,
        InFlightLimiter::used);
  }

  void accepted(long nanos) {
    accepted.increment();
    confirm.record(nanos, java.util.concurrent.TimeUnit.NANOSECONDS);
  }

  /** Reasons are the problems' codes, which are few and fixed. */
  void refused(Problem problem) {
    refused(problem.code());
  }

  void refused(String reason) {
    refused
        .computeIfAbsent(
            reason,
            code ->
                metrics.counter(
                    "ovation.ingress.refused", "comments refused at the door", "reason", code))
        .increment();
  }
}
