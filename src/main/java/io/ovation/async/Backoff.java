package io.ovation.async;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Growing pauses between attempts, with jitter, so that callers that failed together do not retry
 * together.
 *
 * @param initial after the first failure; at least 1 ms
 * @param factor by which each pause is longer than the one before; 1 to 1,000
 * @param max the longest, before jitter
 * @param jitter 0 to 1: the share of the pause that is added or taken away at random
 */
public record Backoff(Duration initial, double factor, Duration max, double jitter) {

  public Backoff {
    boolean ordered = initial.toMillis() >= 1 && initial.compareTo(max) <= 0;
    if (!ordered || !(factor >= 1 && factor <= 1_000) || !(jitter >= 0 && jitter <= 1)) {
      String text = "no back-off: initial %s, factor %s, max %s, jitter %s";
      throw new IllegalArgumentException(text.formatted(initial, factor, max, jitter));
    }
  }

  /**
   * The pause in milliseconds, at least 1. Any thread.
   *
   * @param failures so far, at least 1
   */
  public long pauseMs(int failures) {
    double grown = initial.toMillis() * Math.pow(factor, failures - 1.0);
    double capped = Math.min(grown, max.toMillis());
    double spread = capped * jitter * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    return Math.max(1, Math.round(capped + spread));
  }
}
