package io.ovation.deliver.lifecycle;

import io.micrometer.core.instrument.Counter;
import io.ovation.config.Config;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.http.limits.OpenConnectionLimiter;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Admits or refuses new connections of viewers, on every transport. A refused one has cost no more
 * than a request, and is asked to retry at a random time. Any thread.
 */
public final class ConnectionAdmission {
  /** A refused client is asked to retry after 1 s to this many. */
  public static final int RETRY_SECONDS = 10;

  /** After a refusal others are about to be refused, too. */
  private static final long REFUSING_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final TokenBucket rate;
  private final LongSupplier nanos;
  private final long bound;
  private final DeliveryMetrics metrics;
  private final Counter admitted;
  private final Map<Bound, Counter> refused;
  private volatile boolean closed;
  private volatile long refusedAt;

  private enum Bound {
    RATE("too many viewers connect to this node at once; connect again later"),
    CONNECTIONS("this node has as many viewers as it may; connect again later"),
    DRAIN("this node is about to stop; connect again, to another if you can");

    private final String detail;

    Bound(String detail) {
      this.detail = detail;
    }
  }

  public ConnectionAdmission(
      Config.Viewer config, DeliveryMetrics metrics, Metrics registry, LongSupplier nanos) {
    this.rate = new TokenBucket(config.connectRate(), config.connectBurst(), nanos);
    this.nanos = nanos;
    this.refusedAt = nanos.getAsLong() - REFUSING_NANOS;
    this.bound = config.connections() == 0 ? defaultBound() : config.connections();
    this.metrics = metrics;
    this.admitted =
        registry.counter(
            "ovation.deliver.admitted", "New connections of viewers that were admitted");
    String refusedHelp = "New connections of viewers refused, by bound";
    this.refused = registry.counters("ovation.deliver.refused", refusedHelp, "bound", Bound.class);
    registry.gauge(
        "ovation.deliver.connections.bound",
        "Connections of viewers beyond which new ones are refused",
        this,
        admission -> admission.bound);
  }

  /** Why a new connection is refused; null if it is admitted, and then it counts. */
  public @Nullable Problem refusal() {
    Bound by = lastingBound();
    if (by == null && !rate.take()) {
      by = Bound.RATE;
    }
    if (by == null) {
      admitted.increment();
      return null;
    }
    refusedAt = nanos.getAsLong();
    Objects.requireNonNull(refused.get(by)).increment();
    return problem(by);
  }

  /**
   * Why a new connection would be refused, for who asks before it connects; null if it may be
   * admitted. Nothing is counted.
   *
   * @param lately also if another one was refused within the last 5 s
   */
  public @Nullable Problem outlook(boolean lately) {
    Bound by = lastingBound();
    if (by == null && lately && nanos.getAsLong() - refusedAt < REFUSING_NANOS) {
      by = Bound.RATE;
    }
    return by == null ? null : problem(by);
  }

  private @Nullable Bound lastingBound() {
    if (closed) {
      return Bound.DRAIN;
    }
    return metrics.connections() >= bound ? Bound.CONNECTIONS : null;
  }

  private static Problem problem(Bound by) {
    int seconds = 1 + ThreadLocalRandom.current().nextInt(RETRY_SECONDS);
    return Problem.unavailable(by.detail, seconds);
  }

  public void close() {
    closed = true;
  }

  /** Nine tenths of {@code ulimit -n}; the rest is for queue, store and other nodes. */
  private static long defaultBound() {
    return OpenConnectionLimiter.files() / 10 * 9;
  }
}
