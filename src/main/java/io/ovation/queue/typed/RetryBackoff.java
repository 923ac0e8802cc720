package io.ovation.queue.typed;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Growing pauses between attempts.
 *
 * @param initial after the first failure; at least 1 ms
 * @param factor by which each pause is longer than the one before; 1 to 1,000
 * @param max the longest, before jitter
 * @param jitter 0 to 1: how much of the pause chance may add or take away
 */
public record RetryBackoff(Duration initial, double factor, Duration max, double jitter) {

  public RetryBackoff {
    boolean ordered = initial.toMillis() >= 1 && initial.compareTo(max) <= 0;
    if (!ordered || !(factor >= 1 && factor <= 1_000) || !(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException(
          "no back-off: initial "
              + initial
              + ", factor "
              + factor
              + ", max "
              + max
              + ", jitter "
              + jitter);
    }
  }

  /**
   * The pause in milliseconds, at least 1.
   *
   * @param failures so far, at least 1
   */
  public long pauseMs(int failures, RandomGenerator random) {
    double grown = initial.toMillis() * Math.pow(factor, failures - 1.0);
    double capped = Math.min(grown, max.toMillis());
    double spread = capped * jitter * (2 * random.nextDouble() - 1);
    return Math.max(1, Math.round(capped + spread));
  }
}
