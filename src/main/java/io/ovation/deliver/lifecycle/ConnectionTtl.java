package io.ovation.deliver.lifecycle;

import java.util.random.RandomGenerator;

/**
 * How long a connection lives: a random time between two bounds, so that connections made in one
 * second do not return in one second. One loop.
 */
public final class ConnectionTtl {
  private final long min;
  private final long max;
  private final RandomGenerator random;

  /**
   * @param min milliseconds
   * @param max milliseconds; 0 if connections live for ever
   */
  public ConnectionTtl(long min, long max, RandomGenerator random) {
    this.min = min;
    this.max = max;
    this.random = random;
  }

  /** When a connection that is made now expires. */
  public long end(long now) {
    return max == 0 ? Long.MAX_VALUE : now + min + random.nextLong(max - min + 1);
  }
}
