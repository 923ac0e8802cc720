package io.ovation.liveness;

import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the use of a dependency that fails: opens after a number of failures in a row, then probes
 * the dependency, with growing pauses, until a probe succeeds. Used on one context.
 */
final class CircuitBreaker {
  private static final Logger log = LoggerFactory.getLogger(CircuitBreaker.class);
  private static final double JITTER = 0.2;

  /**
   * @param name of the dependency
   * @param failures in a row that open the breaker
   * @param initial the pause before the first probe; it doubles up to {@code max}
   */
  record Policy(String name, int failures, Duration initial, Duration max) {}

  private final Vertx vertx;
  private final Policy policy;
  private final Backoff backoff;
  private final Supplier<Future<?>> probe;
  private final Runnable changed;
  private int failed;
  private int probes;
  // Read by the scraper's thread.
  private volatile boolean open;
  private boolean closed;
  private long openedAt;

  /**
   * @param probe succeeds when the dependency can be used again
   * @param changed called when the breaker has opened and when it has closed
   */
  CircuitBreaker(
      Vertx vertx, Policy policy, Supplier<Future<?>> probe, Runnable changed, Metrics metrics) {
    this.vertx = vertx;
    this.policy = policy;
    this.backoff = new Backoff(policy.initial(), 2, policy.max(), JITTER);
    this.probe = probe;
    this.changed = changed;
    metrics.gauge(
        "ovation.liveness.breaker.open",
        "1 while checks are paused because of it",
        this,
        breaker -> breaker.open ? 1 : 0,
        "of",
        policy.name());
  }

  boolean open() {
    return open;
  }

  void succeeded() {
    failed = 0;
  }

  void failed(Throwable cause) {
    if (open || closed || ++failed < policy.failures()) {
      return;
    }
    open = true;
    openedAt = System.nanoTime();
    probes = 0;
    log.warn(
        "the {} failed {} times in a row (last error: {}); pausing checks until it responds, ids wait in"
            + " the queue",
        policy.name(),
        failed,
        cause.getMessage());
    changed.run();
    scheduleProbe();
  }

  /** Ends the probes, for good. */
  void close() {
    closed = true;
  }

  private void scheduleProbe() {
    vertx.setTimer(backoff.pauseMs(++probes), t -> probe());
  }

  private void probe() {
    if (!closed) {
      probe.get().onComplete(v -> recovered(), this::stillFailing);
    }
  }

  private void stillFailing(Throwable cause) {
    if (!closed) {
      log.debug("the {} still fails: {}", policy.name(), cause.getMessage());
      scheduleProbe();
    }
  }

  private void recovered() {
    if (closed) {
      return;
    }
    open = false;
    failed = 0;
    log.info(
        "the {} responds again after {} ms; resuming checks",
        policy.name(),
        (System.nanoTime() - openedAt) / 1_000_000);
    changed.run();
  }
}
