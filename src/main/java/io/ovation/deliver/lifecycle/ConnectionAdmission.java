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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Admits or refuses new connections of viewers, on every transport. A refused one has cost no more
 * than a request, and is asked to retry at a random time. Any thread.
 */
public final class ConnectionAdmission {
  /** A refused client is asked to retry after 1 s to this many. */
  public static final int RETRY_SECONDS = 10;

  private final TokenBucket rate;
  private final long bound;
  private final DeliveryMetrics metrics;
  private final Counter admitted;
  private final Map<Bound, Counter> refused;
  private volatile boolean closed;

  private enum Bound {
    RATE,
    CONNECTIONS,
    DRAIN
  }

  public ConnectionAdmission(
      Config.Viewer config, DeliveryMetrics metrics, Metrics registry, LongSupplier nanos) {
    this.rate = new TokenBucket(config.connectRate(), config.connectBurst(), nanos);
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
    if (closed) {
      return refuse(
          Bound.DRAIN, "this node is about to stop; connect again, to another if you can");
    }
    if (metrics.connections() >= bound) {
      return refuse(
          Bound.CONNECTIONS, "this node has as many viewers as it may; connect again later");
    }
    if (!rate.take()) {
      return refuse(
          Bound.RATE, "too many viewers connect to this node at once; connect again later");
    }
    admitted.increment();
    return null;
  }

  private Problem refuse(Bound by, String detail) {
    Objects.requireNonNull(refused.get(by)).increment();
    return Problem.unavailable(detail, 1 + ThreadLocalRandom.current().nextInt(RETRY_SECONDS));
  }

  public void close() {
    closed = true;
  }

  /** Nine tenths of {@code ulimit -n}; the rest is for queue, store and other nodes. */
  private static long defaultBound() {
    return OpenConnectionLimiter.files() / 10 * 9;
  }
}
