package io.ovation.liveness;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of checks that failed, by object, at most ten in a second; of the rest it says how many
 * there were, and all of them are there at debug. One thread.
 */
final class CheckErrorLog {
  private static final Logger log = LoggerFactory.getLogger(ObjectChecker.class);
  private static final int PER_SECOND = 10;
  private static final long SECOND = 1_000_000_000L;

  private long begun = System.nanoTime();
  private int told;
  private int untold;

  void failed(long object, Throwable cause) {
    long now = System.nanoTime();
    if (now - begun >= SECOND) {
      if (untold > 0) {
        log.warn("{} more checks failed in the second before", untold);
      }
      begun = now;
      told = 0;
      untold = 0;
    }
    if (told < PER_SECOND) {
      told++;
      log.warn("the check of object {} failed: {}", object, text(cause));
    } else {
      untold++;
      log.debug("the check of object {} failed: {}", object, text(cause));
    }
  }

  private static String text(Throwable cause) {
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
