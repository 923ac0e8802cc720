package io.ovation.store;

import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The store's clock, read every 5 s and carried on by this node's monotonic clock: what a wall
 * clock says here is never used for an order. Exports how far this node's wall clock is off.
 */
public final class StoreClock {
  private static final long EVERY_MS = 5_000;

  private final Store store;
  private final LongSupplier wallMicros;

  /** The store's time less the monotonic time. */
  private volatile long offsetMicros;

  /**
   * @param wall this node's wall clock; used until the first read
   */
  public StoreClock(Store store, InstantSource wall, Metrics metrics) {
    this.store = store;
    this.wallMicros = () -> ChronoUnit.MICROS.between(Instant.EPOCH, wall.instant());
    this.offsetMicros = wallMicros.getAsLong() - monotonicMicros();
    metrics.gauge(
        "ovation.clock.skew.seconds",
        "This node's wall clock less the store's",
        this,
        clock -> (clock.wallMicros.getAsLong() - clock.micros()) / 1e6);
  }

  /** Reads the store's clock now, and then periodically. */
  public Future<Void> start(Vertx vertx) {
    vertx.setPeriodic(EVERY_MS, t -> read());
    return read();
  }

  /** Microseconds since 1970. Any thread. */
  public long micros() {
    return monotonicMicros() + offsetMicros;
  }

  /** A read that fails changes nothing: the monotonic clock goes on. */
  private Future<Void> read() {
    long asked = monotonicMicros();
    return store
        .now()
        .onSuccess(ms -> offsetMicros = ms * 1_000 - (asked + monotonicMicros()) / 2)
        .<Void>mapEmpty()
        .otherwiseEmpty();
  }

  private static long monotonicMicros() {
    return TimeUnit.NANOSECONDS.toMicros(System.nanoTime());
  }
}
