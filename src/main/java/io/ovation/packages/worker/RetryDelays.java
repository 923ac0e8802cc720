package io.ovation.packages.worker;

import io.ovation.async.Backoff;
import io.ovation.config.Config;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long until a package is tried again, in milliseconds, with jitter. Any thread. */
final class RetryDelays {
  private static final double JITTER = 0.2;

  /** A package whose type has no handler is looked at again after a quarter of its age, within: */
  private static final long HANDLER_MIN_MS = 1_000;

  private static final long HANDLER_MAX_MS = 60_000;

  /** While its type has all its places taken here. */
  private static final long BUSY_MIN_MS = 1_000;

  private static final long BUSY_MAX_MS = 5_000;

  /** Added to the end of a lease, since clocks differ a little. */
  private static final long AFTER_LEASE_MS = 100;

  private RetryDelays() {}

  /**
   * @param failures so far, at least 1
   */
  static long afterFailure(Config.Packages config, int failures) {
    return new Backoff(config.backoffInitial(), 2, config.backoffMax(), JITTER).pauseMs(failures);
  }

  static long untilHandler(long ageMs) {
    Duration delay =
        Duration.ofMillis(Math.max(HANDLER_MIN_MS, Math.min(HANDLER_MAX_MS, ageMs / 4)));
    return new Backoff(delay, 1, delay, JITTER).pauseMs(1);
  }

  static long whileBusy() {
    return ThreadLocalRandom.current().nextLong(BUSY_MIN_MS, BUSY_MAX_MS);
  }

  static long afterLease(long leftMs) {
    return leftMs + AFTER_LEASE_MS;
  }
}
