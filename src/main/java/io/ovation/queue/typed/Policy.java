package io.ovation.queue.typed;

import io.ovation.async.Backoff;
import io.ovation.queue.Broker;
import io.ovation.queue.proto.ItemBackoff;
import io.ovation.queue.proto.ItemPolicy;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How an item is tried. A method's policy is what its options in the {@code .proto} state; an item
 * may change it within the bounds of {@code ItemPolicy}.
 *
 * @param maxAttempts failures after which the item is a dead letter; at least 1
 * @param backoff the pause between attempts
 * @param timeout an attempt that takes longer has failed
 * @param ttl an item older than this is not tried any more; zero for no end
 */
public record Policy(int maxAttempts, Backoff backoff, Duration timeout, Duration ttl) {
  private static final Bounds ATTEMPTS = new Bounds(1, 1_000, "max attempts must be 1 to 1000");
  // RabbitMQ closes the channel of a consumer that leaves an item unacked for 30 minutes.
  private static final Bounds TIMEOUT_MS =
      new Bounds(1, 1_200_000, "the timeout must be 1 ms to 20 minutes");
  private static final Bounds TTL_MS =
      new Bounds(
          0, Duration.ofDays(3_650).toMillis(), "the time to live must be 0 (no end) to 3650 days");

  private record Bounds(long min, long max, String rule) {
    long choose(boolean set, long value, long own, Consumer<String> invalid) {
      boolean valid = value >= min && value <= max;
      if (set && !valid) {
        invalid.accept(rule + ", not " + value);
      }
      return set && valid ? value : own;
    }
  }

  public Policy {
    if (maxAttempts < 1 || timeout.toMillis() < 1 || ttl.isNegative()) {
      throw new IllegalArgumentException(
          "attempts %d and timeout %s must be positive, ttl %s not negative"
              .formatted(maxAttempts, timeout, ttl));
    }
  }

  /** A method's policy as generated code states it: every value, defaults filled in. */
  public static Policy of(
      int maxAttempts,
      long timeoutMs,
      long ttlMs,
      long initialMs,
      double factor,
      long maxMs,
      double jitter) {
    return new Policy(
        maxAttempts,
        new Backoff(Duration.ofMillis(initialMs), factor, Duration.ofMillis(maxMs), jitter),
        Duration.ofMillis(timeoutMs),
        Duration.ofMillis(ttlMs));
  }

  /**
   * This policy with an item's changes.
   *
   * @param invalid receives a sentence for each value that is out of bounds and so has no effect
   */
  public Policy with(ItemPolicy item, Consumer<String> invalid) {
    if (item.equals(ItemPolicy.getDefaultInstance())) {
      return this;
    }
    long attempts =
        ATTEMPTS.choose(item.hasMaxAttempts(), item.getMaxAttempts(), maxAttempts, invalid);
    long timeoutMs =
        TIMEOUT_MS.choose(item.hasTimeoutMs(), item.getTimeoutMs(), timeout.toMillis(), invalid);
    long ttlMs = TTL_MS.choose(item.hasTtlMs(), item.getTtlMs(), ttl.toMillis(), invalid);
    Backoff pauses = item.hasBackoff() ? with(item.getBackoff(), invalid) : backoff;
    return new Policy(
        (int) attempts, pauses, Duration.ofMillis(timeoutMs), Duration.ofMillis(ttlMs));
  }

  private Backoff with(ItemBackoff item, Consumer<String> invalid) {
    Duration initial =
        item.hasInitialMs() ? Duration.ofMillis(item.getInitialMs()) : backoff.initial();
    // A longer first pause alone must not clash with the method's longest.
    Duration longer = initial.compareTo(backoff.max()) > 0 ? initial : backoff.max();
    Duration max = item.hasMaxMs() ? Duration.ofMillis(item.getMaxMs()) : longer;
    try {
      if (max.compareTo(Broker.MAX_DELAY) > 0) {
        throw new IllegalArgumentException(
            "a pause must be at most " + Broker.MAX_DELAY + ", not " + max);
      }
      double factor = item.hasFactor() ? item.getFactor() : backoff.factor();
      double jitter = item.hasJitter() ? item.getJitter() : backoff.jitter();
      return new Backoff(initial, factor, max, jitter);
    } catch (IllegalArgumentException e) {
      invalid.accept(String.valueOf(e.getMessage()));
      return backoff;
    }
  }

  /** Whether an item made at {@code createdAtMs} (0: unknown) is too old at {@code nowMs}. */
  public boolean expired(long createdAtMs, long nowMs) {
    return !ttl.isZero() && createdAtMs > 0 && nowMs - createdAtMs > ttl.toMillis();
  }
}
