package io.ovation.queue.typed;

import io.ovation.async.Backoff;
import java.time.Duration;

/**
 * How an item is tried. The defaults are those of {@code ovation/queue/options.proto}.
 *
 * @param maxAttempts failures after which it is a dead letter; at least 1
 * @param backoff the pause between them
 * @param timeout an attempt that takes longer has failed
 * @param ttl an item older than this is not tried any more; zero for no end
 */
public record Policy(int maxAttempts, Backoff backoff, Duration timeout, Duration ttl) {
  static final Policy DEFAULT =
      new Policy(
          5,
          new Backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(60), 0.2),
          Duration.ofSeconds(30),
          Duration.ZERO);

  public Policy {
    if (maxAttempts < 1 || timeout.toMillis() < 1 || ttl.isNegative()) {
      throw new IllegalArgumentException(
          "attempts "
              + maxAttempts
              + " and timeout "
              + timeout
              + " must be positive, ttl "
              + ttl
              + " not negative");
    }
  }

  Policy withMaxAttempts(int attempts) {
    return new Policy(attempts, backoff, timeout, ttl);
  }

  Policy withBackoff(Backoff other) {
    return new Policy(maxAttempts, other, timeout, ttl);
  }

  Policy withTimeout(Duration other) {
    return new Policy(maxAttempts, backoff, other, ttl);
  }

  Policy withTtl(Duration other) {
    return new Policy(maxAttempts, backoff, timeout, other);
  }

  /**
   * Whether an item made at {@code createdAtMs} (0: not known) is past its time at {@code nowMs}.
   */
  public boolean expired(long createdAtMs, long nowMs) {
    return !ttl.isZero() && createdAtMs > 0 && nowMs - createdAtMs > ttl.toMillis();
  }
}
