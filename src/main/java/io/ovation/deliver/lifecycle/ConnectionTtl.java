package io.ovation.deliver.lifecycle;

import java.util.random.RandomGenerator;

/**
 * How long connections live: each for a random time, evenly between two bounds, so that those that
 * came in one second do not come back in one second. One loop.
 */
public final class ConnectionTtl {
  private final long min;
  private final long max;
  private final RandomGenerator random;

  /**
   * @param min milliseconds
   * @param max milliseconds; 0 for connections that live for ever
   */
  public ConnectionTtl(long min, long max, RandomGenerator random) {
    this.min = min;
    this.max = max;
    this.random = random;
  }

  /** When a connection's time is over that is made now. */
  public long end(long now) {
    return max == 0 ? Long.MAX_VALUE : now + min + random.nextLong(max - min + 1);
  }
}
