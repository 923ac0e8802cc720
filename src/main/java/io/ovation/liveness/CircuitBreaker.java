package io.ovation.liveness;

import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leaves alone what is in trouble: opens after so many failures in a row, then tries it by a probe,
 * with back-off and jitter, until one succeeds. Used on one context.
 */
final class CircuitBreaker {
  private static final Logger log = LoggerFactory.getLogger(CircuitBreaker.class);

  /** What it guards, and when to leave that alone. */
  record Policy(String name, int failures, Duration initial, Duration max) {}

  private final Vertx vertx;
  private final Policy policy;
  private final Supplier<Future<?>> probe;
  private final Runnable changed;
  private int failed;
  // Read by the scraper's thread.
  private volatile boolean open;
  private boolean closed;
  private long openedAt;
  private long wait;

  /**
   * @param probe succeeds when it can be used again
   * @param changed called when it has opened, and when it is good again
   */
  CircuitBreaker(
      Vertx vertx, Policy policy, Supplier<Future<?>> probe, Runnable changed, Metrics metrics) {
    this.vertx = vertx;
    this.policy = policy;
    this.probe = probe;
    this.changed = changed;
    metrics.gauge(
        "ovation.liveness.breaker.open",
        "1 while no checks are made because of it",
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
    wait = policy.initial().toMillis();
    log.warn(
        "the {} failed {} times in a row, at last: {}. No checks until it answers; ids wait in the queue",
        policy.name(),
        failed,
        cause.getMessage());
    changed.run();
    probeLater();
  }

  /** No more probes. */
  void close() {
    closed = true;
  }

  private void probeLater() {
    double jitter = 0.8 + 0.4 * ThreadLocalRandom.current().nextDouble();
    vertx.setTimer(Math.max(1, Math.round(wait * jitter)), t -> probeNow());
    wait = Math.min(policy.max().toMillis(), 2 * wait);
  }

  private void probeNow() {
    if (closed) {
      return;
    }
    probe
        .get()
        .onComplete(
            done -> {
              if (closed) {
                return;
              }
              if (done.failed()) {
                log.debug(
                    "the {} is still in trouble: {}", policy.name(), done.cause().getMessage());
                probeLater();
                return;
              }
              open = false;
              failed = 0;
              log.info(
                  "the {} answers, after {} ms; checks go on",
                  policy.name(),
                  (System.nanoTime() - openedAt) / 1_000_000);
              changed.run();
            });
  }
}
