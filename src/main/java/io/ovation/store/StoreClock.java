package io.ovation.store;

import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's clock, read every 5 s and carried on by this node's monotonic clock: what a wall
 * clock says here is never used to order, expire or refuse. Exports how far this node's wall clock
 * is off.
 */
public final class StoreClock implements InstantSource {
  private static final Logger log = LoggerFactory.getLogger(StoreClock.class);
  private static final long EVERY_MS = 5_000;
  static final long FIRST_RETRY_MS = 250;

  private final Store store;
  private final InstantSource wall;
  private final LongSupplier nanoTime;

  /** The store's time less the monotonic time. */
  private volatile long offsetMicros;

  /**
   * @param wall this node's wall clock; used until the first read
   * @param nanoTime a monotonic clock in nanoseconds
   */
  public StoreClock(Store store, InstantSource wall, LongSupplier nanoTime, Metrics metrics) {
    this.store = store;
    this.wall = wall;
    this.nanoTime = nanoTime;
    this.offsetMicros = wallMicros() - monotonicMicros();
    metrics.gauge(
        "ovation.clock.skew.seconds",
        "This node's wall clock less the store's",
        this,
        clock -> (clock.wallMicros() - clock.micros()) / 1e6);
  }

  /**
   * Reads the store's clock now, and then periodically. Completes when it was read: until then
   * offsets would come from this node's wall clock.
   */
  public Future<Void> start(Vertx vertx) {
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
  public long micros() {
    return monotonicMicros() + offsetMicros;
  }

  /** The same, to the microsecond. Any thread. */
  @Override
  public Instant instant() {
    return Instant.EPOCH.plus(micros(), ChronoUnit.MICROS);
  }

  /** If it fails, nothing changes: the monotonic clock goes on. */
  private Future<Void> read() {
    long asked = monotonicMicros();
    return store
        .now()
        .onSuccess(ms -> offsetMicros = ms * 1_000 - (asked + monotonicMicros()) / 2)
        .mapEmpty();
  }

  private long wallMicros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, wall.instant());
  }

  private long monotonicMicros() {
    return TimeUnit.NANOSECONDS.toMicros(nanoTime.getAsLong());
  }
}
