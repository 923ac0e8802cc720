package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ovation.config.Config;
import java.time.Duration;

/** How much history is kept and for how long, as arguments of the scripts. */
record HistoryLimits(
    byte[] events, byte[] bytes, byte[] historyTtl, byte[] idTtl, byte[] stateTtl) {
  /** Promised by {@link io.ovation.store.Store#append}. */
  private static final Duration ID_TTL = Duration.ofMinutes(10);

  /**
   * How long after its last event a stream's last offset is forgotten. Until then offsets can't go
   * back; later they could only if the clock was set back by as much, since an offset is at least
   * the time in microseconds.
   */
  private static final Duration MIN_STATE_TTL = Duration.ofDays(7);

  static HistoryLimits of(Config.History history) {
    Duration twice = history.ttl().multipliedBy(2);
    Duration state = twice.compareTo(MIN_STATE_TTL) > 0 ? twice : MIN_STATE_TTL;
    return new HistoryLimits(
        number(history.events()),
        number(history.bytes()),
        millis(history.ttl()),
        millis(ID_TTL),
        millis(state));
  }

  /** At least 1: Redis accepts no shorter time to live. */
  static byte[] millis(Duration duration) {
    return number(Math.max(1, duration.toMillis()));
  }

  static byte[] number(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
