package io.ovation.deliver.lifecycle;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A rate limiter that permits bursts. Any thread, without a lock: its only state is the time at
 * which the bucket will be full again (generic cell rate algorithm, ITU-T I.371).
 */
final class TokenBucket {
  private final long interval;
  private final long depth;
  private final LongSupplier nanos;
  private final AtomicLong fullAt;

  /**
   * @param perSecond 0 for no limit
   * @param burst tokens in a full bucket, at least 1
   */
  TokenBucket(int perSecond, int burst, LongSupplier nanos) {
    this.interval = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.depth = burst * interval;
    this.nanos = nanos;
    this.fullAt = new AtomicLong(nanos.getAsLong());
  }

  boolean take() {
    if (interval == 0) {
      return true;
    }
    long now = nanos.getAsLong();
    while (true) {
      long before = fullAt.get();
      long after = (before - now > 0 ? before : now) + interval;
      if (after - now > depth) {
        return false;
      }
      if (fullAt.compareAndSet(before, after)) {
        return true;
      }
    }
  }
}
