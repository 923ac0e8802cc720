package io.ovation.liveness;

import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the use of a dependency that fails: opens after a number of failures in a row, then probes
 * the dependency, with growing pauses, until a probe succeeds. Used on one context.
 */
final class CircuitBreaker {
  private static final Logger log = LoggerFactory.getLogger(CircuitBreaker.class);

  private final Vertx vertx;
  private final String name;
  private final int limit;
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
   * @param name of the dependency
   * @param limit failures in a row that open the breaker
   * @param backoff the pauses before probes
   * @param probe succeeds when the dependency can be used again
   * @param changed called when the breaker has opened and when it has closed
   */
  CircuitBreaker(
      Vertx vertx,
      String name,
      int limit,
      Backoff backoff,
      Supplier<Future<?>> probe,
      Runnable changed,
      Metrics metrics) {
    this.vertx = vertx;
    this.name = name;
    this.limit = limit;
    this.backoff = backoff;
    this.probe = probe;
    this.changed = changed;
    String help = "1 while checks are paused because of it";
    String metric = "ovation.liveness.breaker.open";
    metrics.gauge(metric, help, this, breaker -> breaker.open ? 1 : 0, "of", name);
  }

  boolean open() {
    return open;
  }

  /** Any success closes an open breaker, a probe's or that of a call begun before it opened. */
  void succeeded() {
    failed = 0;
    if (open) {
      recovered();
    }
  }

  void failed(Throwable cause) {
    if (open || closed || ++failed < limit) {
      return;
    }
    open = true;
    openedAt = System.nanoTime();
    probes = 0;
    String why = cause.getMessage();
    log.warn("the {} failed {} times in a row (last error: {})", name, failed, why);
    log.warn("checks pause until the {} responds; ids wait in the queue", name);
    changed.run();
    scheduleProbe();
  }

  /** Ends the probes, for good. */
  void close() {
    closed = true;
  }

  private void scheduleProbe() {
    long opened = openedAt;
    vertx.setTimer(
        backoff.pauseMs(++probes),
        t -> {
          if (isOpenSince(opened)) {
            Future.<Void>future(outcome -> probe.get().<Void>mapEmpty().onComplete(outcome))
                .onComplete(v -> succeeded(), e -> stillFailing(opened, e));
          }
        });
  }

  private void stillFailing(long opened, Throwable cause) {
    if (isOpenSince(opened)) {
      log.debug("the {} still fails: {}", name, cause.getMessage());
      scheduleProbe();
    }
  }

  /** There is one line of probes for each time that it opens. */
  private boolean isOpenSince(long opened) {
    return open && !closed && openedAt == opened;
  }

  private void recovered() {
    if (!closed) {
      open = false;
      failed = 0;
      long ms = (System.nanoTime() - openedAt) / 1_000_000;
      log.info("the {} responds again after {} ms; resuming checks", name, ms);
      changed.run();
    }
  }
}
