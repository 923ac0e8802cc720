package io.ovation.dispatch;

import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's clock, read every 5 s and carried on by this node's monotonic clock: what a wall
 * clock says here is never used for an order. Exports how far this node's wall clock is off.
 */
final class StoreClock {
  private static final Logger log = LoggerFactory.getLogger(StoreClock.class);
  private static final long EVERY_MS = 5_000;
  static final long FIRST_RETRY_MS = 250;

  private final Store store;
  private final LongSupplier wallMicros;
  private final LongSupplier nanoTime;

  /** The store's time less the monotonic time. */
  private volatile long offsetMicros;

  /**
   * @param wallMicros this node's wall clock, in microseconds since 1970; used until the first read
   * @param nanoTime a monotonic clock in nanoseconds
   */
  StoreClock(Store store, LongSupplier wallMicros, LongSupplier nanoTime, Metrics metrics) {
    this.store = store;
    this.wallMicros = wallMicros;
    this.nanoTime = nanoTime;
    this.offsetMicros = wallMicros.getAsLong() - monotonicMicros();
    metrics.gauge(
        "ovation.clock.skew.seconds",
        "This node's wall clock less the store's",
        this,
        clock -> (clock.wallMicros.getAsLong() - clock.micros()) / 1e6);
  }

  /**
   * Reads the store's clock now, and then periodically. Completes when it was read: until then
   * offsets would come from this node's wall clock.
   */
  Future<Void> start(Vertx vertx) {
    Promise<Void> first = Promise.promise();
    readFirst(vertx, first);
    return first.future().onSuccess(v -> vertx.setPeriodic(EVERY_MS, t -> read()));
  }

  private void readFirst(Vertx vertx, Promise<Void> first) {
    read()
        .onSuccess(v -> first.complete())
        .onFailure(
            cause -> {
              log.warn("the store's clock could not be read; retrying: {}", cause.getMessage());
              vertx.setTimer(FIRST_RETRY_MS, t -> readFirst(vertx, first));
            });
  }

  /** Microseconds since 1970. Any thread. */
  long micros() {
    return monotonicMicros() + offsetMicros;
  }

  /** If it fails, nothing changes: the monotonic clock goes on. */
  private Future<Void> read() {
    long asked = monotonicMicros();
    return store
        .now()
        .onSuccess(ms -> offsetMicros = ms * 1_000 - (asked + monotonicMicros()) / 2)
        .mapEmpty();
  }

  private long monotonicMicros() {
    return TimeUnit.NANOSECONDS.toMicros(nanoTime.getAsLong());
  }
}
