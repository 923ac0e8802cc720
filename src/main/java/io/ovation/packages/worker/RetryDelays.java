package io.ovation.packages.worker;

import io.ovation.config.Config;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long until something is tried again, in milliseconds. With jitter of a fifth, so that those
 * who failed together do not come back together. Any thread.
 */
final class RetryDelays {
  /** A package whose type nobody handles is looked at again after a quarter of its age, within: */
  private static final long HANDLER_MIN_MS = 1_000;

  private static final long HANDLER_MAX_MS = 60_000;

  /** When its type has enough to do here. */
  private static final long BUSY_MIN_MS = 1_000;

  private static final long BUSY_MAX_MS = 5_000;

  /** Behind the end of a lease, for clocks that differ a little. */
  private static final long AFTER_LEASE_MS = 100;

  private RetryDelays() {}

  /**
   * @param failures so far, at least 1
   */
  static long afterFailure(Config.Packages config, int failures) {
    double grown = config.backoffInitial().toMillis() * Math.pow(2, failures - 1.0);
    return jitter(Math.min(grown, config.backoffMax().toMillis()));
  }

  static long untilHandler(long ageMs) {
    return jitter(Math.max(HANDLER_MIN_MS, Math.min(HANDLER_MAX_MS, ageMs / 4)));
  }

  static long whileBusy() {
    return ThreadLocalRandom.current().nextLong(BUSY_MIN_MS, BUSY_MAX_MS);
  }

  static long afterLease(long leftMs) {
    return leftMs + AFTER_LEASE_MS;
  }

  private static long jitter(double ms) {
    double spread = 0.8 + 0.4 * ThreadLocalRandom.current().nextDouble();
    return Math.max(1, Math.round(ms * spread));
  }
}
