package io.ovation.http.limits;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A rate limit for each of many keys, which permits bursts of ten seconds' worth (generic cell rate
 * algorithm, ITU-T I.371). Of too many keys, those that were used longest ago are forgotten. Any
 * thread.
 */
final class KeyedRateLimiter {
  private static final int STRIPES = 16;
  private static final int PER_STRIPE = 8_192;
  private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final long interval;
  private final long depth;
  private final LongSupplier nanos;

  /** Key → when it may act as if it had never acted, by the clock. */
  private final List<Map<String, Long>> stripes = new ArrayList<>();

  /**
   * @param perMinute 0 for no limit
   */
  KeyedRateLimiter(int perMinute, LongSupplier nanos) {
    this.interval = perMinute == 0 ? 0 : TimeUnit.MINUTES.toNanos(1) / perMinute;
    this.depth = Math.max(interval, BURST_NANOS);
    this.nanos = nanos;
    for (int i = 0; i < STRIPES; i++) {
      stripes.add(
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
              return size() > PER_STRIPE;
            }
          });
    }
  }

  boolean used() {
    return interval > 0;
  }

  /**
   * Counts one action of the key if it may.
   *
   * @return 0 if it may, else the nanoseconds after which it may
   */
  long take(String key) {
    Map<String, Long> stripe = stripes.get(Math.floorMod(key.hashCode(), STRIPES));
    synchronized (stripe) {
      long now = nanos.getAsLong();
      Long before = stripe.get(key);
      long after = (before == null || before - now < 0 ? now : before) + interval;
      if (after - now > depth) {
        return after - now - depth;
      }
      stripe.put(key, after);
      return 0;
    }
  }
}
