package io.ovation.store;

import io.ovation.config.Config;
import java.time.Duration;

/**
 * How much of each stream is kept, and for how many milliseconds.
 *
 * @param idTtl promised by {@link Store#append}
 * @param stateTtl how long after its last event a stream's last offset is forgotten. Until then
 *     offsets can't go back; later they could only if the clock was set back by as much
 */
public record HistoryLimits(int events, long bytes, long historyTtl, long idTtl, long stateTtl) {
  private static final long ID_TTL = Duration.ofMinutes(10).toMillis();
  private static final long MIN_STATE_TTL = Duration.ofDays(7).toMillis();

  public static HistoryLimits of(Config.History history) {
    long ttl = millis(history.ttl());
    long stateTtl = Math.max(MIN_STATE_TTL, 2 * ttl);
    return new HistoryLimits(history.events(), history.bytes(), ttl, ID_TTL, stateTtl);
  }

  /** At least 1: Redis accepts no shorter time to live. */
  public static long millis(Duration ttl) {
    return Math.max(1, ttl.toMillis());
  }
}
