package io.ovation.ingress;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.InFlightLimiter;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What became of the reactions that came to this node. Any thread. */
final class ReactionMetrics {
  private final Metrics metrics;
  private final Counter calls;
  private final Counter reactions;
  private final Timer batches;
  private final Map<String, Counter> refused = new ConcurrentHashMap<>();

  ReactionMetrics(Metrics metrics, InFlightLimiter inFlight) {
    this.metrics = metrics;
    calls =
        metrics.counter("ovation.ingress.reactions.calls", "calls whose reactions became durable");
    reactions = metrics.counter("ovation.ingress.reactions.accepted", "reactions durably counted");
    batches =
        metrics.timer(
            "ovation.ingress.reactions.confirm", "from a batch's publishing until it is durable");
    metrics.gauge(
        "ovation.ingress.reactions.in.flight",
        "calls with reactions admitted but not yet durable",
        inFlight,
        InFlightLimiter::used);
  }

  void accepted(int calls, long reactions, long nanos) {
    this.calls.increment(calls);
    this.reactions.increment(reactions);
    batches.record(nanos, TimeUnit.NANOSECONDS);
  }

  void refused(Problem problem) {
    refused(problem.code(), 1);
  }

  void refused(Throwable cause, int calls) {
    refused(cause instanceof ProblemException p ? p.problem().code() : "internal", calls);
  }

  /** Reasons are the problems' codes, which are few and fixed. */
  private void refused(String reason, int calls) {
    refused
        .computeIfAbsent(
            reason,
            code ->
                metrics.counter(
                    "ovation.ingress.reactions.refused",
                    "calls with reactions refused at the door",
                    "reason",
                    code))
        .increment(calls);
  }
}
