package io.ovation.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.DependencyUnavailable;
import io.ovation.async.Futures;
import io.ovation.async.InFlightLimiter;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Admits one kind of request: bounds how many wait to become durable, words the refusals of the
 * rest, and counts both. Callers that are refused together get different times for their retry, so
 * that they do not come back together. Any thread.
 *
 * <p>Texts of refusals are formats whose first argument is the seconds until the retry.
 */
public final class AdmissionControl {
  private static final int UNAVAILABLE_RETRY_SECONDS = 5;

  private final InFlightLimiter inFlight;
  private final int busyRetrySeconds;
  private final Timer confirm;
  private final MeterProvider<Counter> refused;

  /**
   * @param metric the prefix of the metrics' names
   * @param what is counted, in the plural, for the metrics' help
   * @param limit how many may be in flight
   * @param busyRetrySeconds the most after which a caller is asked to retry when there is no place
   */
  public AdmissionControl(
      Metrics metrics, String metric, String what, int limit, int busyRetrySeconds) {
    inFlight = new InFlightLimiter(limit);
    this.busyRetrySeconds = busyRetrySeconds;
    String help = "from the admission of " + what + " until they are durable";
    confirm = metrics.timer(metric + ".confirm", help);
    refused = metrics.counters(metric + ".refused", what + " refused");
    help = what + " admitted but not yet durable";
    metrics.gauge(metric + ".in.flight", help, inFlight, InFlightLimiter::used);
  }

  public InFlightLimiter inFlight() {
    return inFlight;
  }

  /**
   * Runs {@code task}, which completes once something is durable, if there is a place for it.
   * Counts what is refused and what fails.
   *
   * @param busy as in {@link #busy}
   * @param unconfirmed as in {@link #explained}
   * @param id the argument of both
   */
  public <T> Future<T> admit(Supplier<Future<T>> task, String busy, String unconfirmed, Object id) {
    if (!inFlight.take()) {
      return refuse(busy(busy, id));
    }
    long start = System.nanoTime();
    return Futures.attempt(task)
        .transform(
            done -> {
              inFlight.giveBack();
              if (done.failed()) {
                return refuse(explained(done.cause(), unconfirmed, id));
              }
              durable(start);
              return Future.succeededFuture(done.result());
            });
  }

  /** Records how long it took since {@code startNanos} until what was admitted became durable. */
  public void durable(long startNanos) {
    confirm.record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
  }

  /** Counts a refusal and returns it as a failed future. */
  public <T> Future<T> refuse(Throwable cause) {
    refused(cause);
    return Future.failedFuture(cause);
  }

  /** Counts a refusal that was answered elsewhere. */
  public void refused(Throwable cause) {
    String reason = cause instanceof ProblemException it ? it.problem().code() : "internal";
    refused.withTag("reason", reason).increment();
  }

  /**
   * The refusal of a caller for whom there is no place.
   *
   * @param text its second argument is the limit, the third {@code argument}
   */
  public ProblemException busy(String text, Object argument) {
    int seconds = random(busyRetrySeconds);
    return Problem.busy(text.formatted(seconds, inFlight.limit(), argument), seconds).exception();
  }

  /**
   * What a caller is told of a failure: a 503 if {@code cause} is a {@link DependencyUnavailable},
   * else {@code cause} itself.
   *
   * @param text its second argument is {@code argument}
   */
  public static Throwable explained(Throwable cause, String text, Object argument) {
    if (!(cause instanceof DependencyUnavailable)) {
      return cause;
    }
    int seconds = random(UNAVAILABLE_RETRY_SECONDS);
    return Problem.unavailable(text.formatted(seconds, argument), seconds).exception();
  }

  private static int random(int maxSeconds) {
    return ThreadLocalRandom.current().nextInt(1, maxSeconds + 1);
  }
}
