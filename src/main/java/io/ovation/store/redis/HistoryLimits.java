package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ovation.config.Config;
import java.time.Duration;

/** How much is kept and how long, as the scripts take it. */
record HistoryLimits(
    byte[] events, byte[] bytes, byte[] historyTtl, byte[] idTtl, byte[] stateTtl) {
  /** Promised by the store. */
  private static final Duration ID_TTL = Duration.ofMinutes(10);

  /**
   * A stream's last offset is forgotten so long after its last event. Until then offsets can't go
   * back; later they could only if the clock was set back by as much, since an offset is also at
   * least the time in microseconds.
   */
  private static final Duration LEAST_STATE_TTL = Duration.ofDays(7);

  static HistoryLimits of(Config.History history) {
    Duration twice = history.ttl().multipliedBy(2);
    Duration state = twice.compareTo(LEAST_STATE_TTL) > 0 ? twice : LEAST_STATE_TTL;
    return new HistoryLimits(
        number(history.events()),
        number(history.bytes()),
        millis(history.ttl()),
        millis(ID_TTL),
        millis(state));
  }

  /** At least one: Redis takes no shorter life. */
  static byte[] millis(Duration duration) {
    return number(Math.max(1, duration.toMillis()));
  }

  static byte[] number(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
