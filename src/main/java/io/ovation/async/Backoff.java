package io.ovation.async;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

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
   * The pause in milliseconds, at least 1. Any thread.
   *
   * @param failures so far, at least 1
   */
  public long pauseMs(int failures) {
    return pauseMs(failures, ThreadLocalRandom.current());
  }

  /** As above, with the jitter from {@code random}. */
  public long pauseMs(int failures, RandomGenerator random) {
    double grown = initial.toMillis() * Math.pow(factor, failures - 1.0);
    double capped = Math.min(grown, max.toMillis());
    double spread = capped * jitter * (2 * random.nextDouble() - 1);
    return Math.max(1, Math.round(capped + spread));
  }
}
