package io.ovation.packages;

import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long until a package is looked at again, in milliseconds, with jitter. One context. */
final class RetryDelays {
  private static final double JITTER = 0.2;

  /** A package whose type has no handler is looked at again after a quarter of its wait, within: */
  private static final long HANDLER_MIN_MS = 1_000;

  private static final long HANDLER_MAX_MS = 600_000;

  /** Packages without a handler that this node may have put back: delays have bounds, too. */
  static final int MAX_UNHANDLED = 10_000;

  /** While its type has all its places taken here. */
  private static final long BUSY_MIN_MS = 1_000;

  private static final long BUSY_MAX_MS = 5_000;

  /** Added to the end of a lease, since our view of the store's clock is a round trip old. */
  private static final long AFTER_LEASE_MS = 100;

  private final Vertx vertx;
  private final Duration longest;
  private final Backoff backoff;
  private int unhandled;

  RetryDelays(Vertx vertx, Config.Packages config) {
    this.vertx = vertx;
    this.longest = config.backoffMax();
    this.backoff = new Backoff(config.backoffInitial(), 2, longest, JITTER);
  }

  /**
   * @param failures so far, at least 1
   */
  long afterFailure(int failures, Throwable cause) {
    long asked = cause instanceof RetryLater later ? later.pause().toMillis() : 0;
    return Math.max(Math.min(asked, longest.toMillis()), backoff.pauseMs(failures));
  }

  /** Whether as many packages without a handler wait as may. */
  boolean unhandledFull() {
    return unhandled >= MAX_UNHANDLED;
  }

  /**
   * Counts a package without a handler until its pause is over.
   *
   * @param leftMs until it is given up
   */
  long untilHandler(long waitedMs, long leftMs) {
    long ms = Math.max(HANDLER_MIN_MS, Math.min(HANDLER_MAX_MS, waitedMs / 4));
    Duration pause = Duration.ofMillis(Math.min(ms, leftMs));
    long jittered = new Backoff(pause, 1, pause, JITTER).pauseMs(1);
    unhandled++;
    vertx.setTimer(jittered, t -> unhandled--);
    return jittered;
  }

  static long whileBusy() {
    return ThreadLocalRandom.current().nextLong(BUSY_MIN_MS, BUSY_MAX_MS);
  }

  static long afterLease(long leftMs) {
    return leftMs + AFTER_LEASE_MS;
  }
}
