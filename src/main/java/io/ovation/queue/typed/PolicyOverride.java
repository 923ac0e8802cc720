package io.ovation.queue.typed;

import io.ovation.async.Backoff;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one call says differently from its method's {@link Policy}; null leaves the method's.
 * Travels in the item's headers ({@link PolicyHeaders}). Immutable.
 *
 * @param maxAttempts failures after which it is a dead letter: 1 to {@value #MOST_ATTEMPTS}
 * @param backoff the pause between attempts; none longer than {@code Broker.MAX_DELAY}
 * @param timeout of an attempt: 1 ms to {@link #LONGEST_TIMEOUT}
 * @param ttl past which it is not tried any more; zero for no end
 */
public record PolicyOverride(
    @Nullable Integer maxAttempts,
    @Nullable Backoff backoff,
    @Nullable Duration timeout,
    @Nullable Duration ttl) {
  static final PolicyOverride NONE = new PolicyOverride(null, null, null, null);
  static final int MOST_ATTEMPTS = 1_000;

  /** RabbitMQ closes the channel of who leaves an item unacked for 30 minutes. */
  static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(20);

  static final Duration LONGEST_TTL = Duration.ofDays(3_650);
  static final Duration LONGEST_PAUSE = io.ovation.queue.Broker.MAX_DELAY;

  public PolicyOverride {
    if (maxAttempts != null && (maxAttempts < 1 || maxAttempts > MOST_ATTEMPTS)) {
      throw new IllegalArgumentException(
          "max attempts must be 1 to " + MOST_ATTEMPTS + ", not " + maxAttempts);
    }
    if (backoff != null && backoff.max().compareTo(LONGEST_PAUSE) > 0) {
      throw new IllegalArgumentException(
          "a pause must be at most " + LONGEST_PAUSE + ", not " + backoff.max());
    }
    if (timeout != null
        && (timeout.compareTo(Duration.ofMillis(1)) < 0
            || timeout.compareTo(LONGEST_TIMEOUT) > 0)) {
      throw new IllegalArgumentException(
          "the timeout must be 1 ms to " + LONGEST_TIMEOUT + ", not " + timeout);
    }
    if (ttl != null && (ttl.isNegative() || ttl.compareTo(LONGEST_TTL) > 0)) {
      throw new IllegalArgumentException(
          "the time to live must be 0 (no end) to " + LONGEST_TTL + ", not " + ttl);
    }
  }

  PolicyOverride withMaxAttempts(int attempts) {
    return new PolicyOverride(attempts, backoff, timeout, ttl);
  }

  PolicyOverride withBackoff(Backoff other) {
    return new PolicyOverride(maxAttempts, other, timeout, ttl);
  }

  PolicyOverride withTimeout(Duration other) {
    return new PolicyOverride(maxAttempts, backoff, other, ttl);
  }

  PolicyOverride withTtl(Duration other) {
    return new PolicyOverride(maxAttempts, backoff, timeout, other);
  }

  /** Adds what is set to an item's headers. */
  public void writeTo(Map<String, String> headers) {
    if (maxAttempts != null) {
      headers.put(PolicyHeaders.MAX_ATTEMPTS, Integer.toString(maxAttempts));
    }
    if (timeout != null) {
      headers.put(PolicyHeaders.TIMEOUT_MS, Long.toString(timeout.toMillis()));
    }
    if (ttl != null) {
      headers.put(PolicyHeaders.TTL_MS, Long.toString(ttl.toMillis()));
    }
    if (backoff != null) {
      headers.put(PolicyHeaders.BACKOFF_INITIAL_MS, Long.toString(backoff.initial().toMillis()));
      headers.put(PolicyHeaders.BACKOFF_FACTOR, Double.toString(backoff.factor()));
      headers.put(PolicyHeaders.BACKOFF_MAX_MS, Long.toString(backoff.max().toMillis()));
      headers.put(PolicyHeaders.BACKOFF_JITTER, Double.toString(backoff.jitter()));
    }
  }
}
