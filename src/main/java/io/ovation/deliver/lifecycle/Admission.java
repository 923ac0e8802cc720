package io.ovation.deliver.lifecycle;

import io.micrometer.core.instrument.Counter;
import io.ovation.config.Config;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The node's door for viewers, whichever way they come. Who is refused has cost no more than a
 * request, and is told to come back at a time of its own. Any thread.
 */
public final class Admission {
  /** Who is refused comes back after 1 s to so many: spread, and spread again if it must. */
  public static final int RETRY_SECONDS = 10;

  private final TokenBucket rate;
  private final long bound;
  private final DeliveryMetrics meters;
  private final Counter admitted;
  private final Counter tooFast;
  private final Counter tooMany;
  private final Counter draining;
  private volatile boolean closed;

  /**
   * @param nanos a clock that never goes back
   */
  public Admission(
      Config.Viewer config, DeliveryMetrics meters, Metrics metrics, LongSupplier nanos) {
    this.rate = new TokenBucket(config.connectRate(), config.connectBurst(), nanos);
    this.bound = config.connections() == 0 ? FileDescriptorLimit.share() : config.connections();
    this.meters = meters;
    this.admitted =
        metrics.counter("ovation.deliver.admitted", "New connections of viewers let in");
    this.tooFast = refused(metrics, "rate");
    this.tooMany = refused(metrics, "connections");
    this.draining = refused(metrics, "drain");
    metrics.gauge(
        "ovation.deliver.connections.bound",
        "Connections of viewers beyond which new ones are refused",
        this,
        admission -> admission.bound);
  }

  /** Why a new connection must wait; null if it is welcome, and then it counts. */
  public @Nullable Problem refusal() {
    if (closed) {
      draining.increment();
      return later("this node is about to stop; connect again, to another if you can choose");
    }
    if (meters.connections() >= bound) {
      tooMany.increment();
      return later("this node has as many viewers as it may; connect again a little later");
    }
    if (!rate.take()) {
      tooFast.increment();
      return later("too many viewers connect to this node at once; connect again a little later");
    }
    admitted.increment();
    return null;
  }

  /** Nobody is welcome from now on. */
  public void close() {
    closed = true;
  }

  private static Problem later(String detail) {
    return Problem.unavailable(detail, 1 + ThreadLocalRandom.current().nextInt(RETRY_SECONDS));
  }

  private static Counter refused(Metrics metrics, String why) {
    return metrics.counter(
        "ovation.deliver.refused", "New connections of viewers refused, by bound", "bound", why);
  }
}
