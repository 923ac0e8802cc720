package io.ovation.moderation.hooks;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the calls of a hook that failed several times in a row. While it is open, one call per
 * pause is made; a success closes it. Any thread.
 */
final class HookBreaker {
  private static final Logger log = LoggerFactory.getLogger(HookBreaker.class);

  private final String name;
  private final int limit;
  private final long pauseNanos;
  private final LongSupplier nanoTime;
  private int failures;
  private boolean open;
  private long probedAt;

  /**
   * @param limit failures in a row that open it
   */
  HookBreaker(String name, int limit, long pauseNanos, LongSupplier nanoTime) {
    this.name = name;
    this.limit = limit;
    this.pauseNanos = pauseNanos;
    this.nanoTime = nanoTime;
  }

  synchronized boolean isOpen() {
    return open;
  }

  /** Whether the caller is to make the one call of this pause. */
  synchronized boolean takeProbe() {
    long now = nanoTime.getAsLong();
    if (!open || now - probedAt < pauseNanos) {
      return false;
    }
    probedAt = now;
    return true;
  }

  synchronized void succeeded() {
    failures = 0;
    if (open) {
      open = false;
      log.info("the {} hook responds again, and is used again", name);
    }
  }

  synchronized void failed(String why) {
    if (!open && ++failures >= limit) {
      open = true;
      probedAt = nanoTime.getAsLong();
      log.warn(
          "the {} hook failed {} times in a row (last error: {}); hooks.on_timeout takes effect at"
              + " once until it responds",
          name,
          failures,
          why);
    }
  }
}
