package io.ovation.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.DependencyUnavailable;
import io.ovation.async.InFlightLimiter;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Admits one kind of request: bounds how many wait to become durable, words the refusals of the
 * rest, and counts both. Any thread.
 */
public final class AdmissionControl {
  private static final int UNAVAILABLE_RETRY_SECONDS = 5;

  private final InFlightLimiter inFlight;
  private final Timer confirm;
  private final MeterProvider<Counter> refused;

  /**
   * @param metric the prefix of the metrics' names
   * @param what is counted, in the plural, for the metrics' help
   * @param limit how many may be in flight
   */
  public AdmissionControl(Metrics metrics, String metric, String what, int limit) {
    inFlight = new InFlightLimiter(limit);
    confirm =
        metrics.timer(
            metric + ".confirm", "from the admission of " + what + " until they are durable");
    refused = metrics.counters(metric + ".refused", what + " refused");
    metrics.gauge(
        metric + ".in.flight",
        what + " admitted but not yet durable",
        inFlight,
        InFlightLimiter::used);
  }

  public InFlightLimiter inFlight() {
    return inFlight;
  }

  /** Records how long it took since {@code startNanos} until what was admitted became durable. */
  public void durable(long startNanos) {
    confirm.record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
  }

  /** Counts a refusal and returns it as a failed future. */
  public <T> Future<T> refuse(Throwable cause) {
    refused(cause, 1);
    return Future.failedFuture(cause);
  }

  /** Counts a refusal that was answered elsewhere. */
  public void refused(Throwable cause) {
    refused(cause, 1);
  }

  /** Counts one refusal of many calls. */
  public void refused(Throwable cause, int calls) {
    String reason =
        cause instanceof ProblemException refusal ? refusal.problem().code() : "internal";
    refused.withTag("reason", reason).increment(calls);
  }

  /**
   * The refusal of a caller for whom there is no place. Callers that are refused together get
   * different times for their retry, so that they do not come back together.
   *
   * @param detail the text, from the seconds until the retry, 1 to {@code maxSeconds}
   */
  public static ProblemException busy(int maxSeconds, IntFunction<String> detail) {
    int seconds = random(maxSeconds);
    return Problem.busy(detail.apply(seconds), seconds).exception();
  }

  /**
   * What a caller is told of a failure: a 503 if {@code cause} is a {@link DependencyUnavailable},
   * else {@code cause} itself.
   *
   * @param detail the text, from the seconds until the retry
   */
  public static Throwable explained(Throwable cause, IntFunction<String> detail) {
    if (!(cause instanceof DependencyUnavailable)) {
      return cause;
    }
    int seconds = random(UNAVAILABLE_RETRY_SECONDS);
    return Problem.unavailable(detail.apply(seconds), seconds).exception();
  }

  private static int random(int maxSeconds) {
    return ThreadLocalRandom.current().nextInt(1, maxSeconds + 1);
  }
}
