package io.ovation.queue.typed;

import io.ovation.async.Backoff;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The headers by which an item changes its method's policy, whoever wrote it. Whole milliseconds
 * and decimals in ASCII. A value that is none, or out of its bounds, leaves the method's own.
 */
public final class PolicyHeaders {
  /** What begins so is the queue's own; {@link EnqueueOptions#withHeader} refuses it. */
  public static final String PREFIX = "ovation-";

  /** Failures after which the item is a dead letter: 1 to 1,000. */
  public static final String MAX_ATTEMPTS = "ovation-max-attempts";

  /** An attempt that takes longer has failed: 1 to 1,200,000. */
  public static final String TIMEOUT_MS = "ovation-timeout-ms";

  /** Past this age the item is not tried any more; 0 for no end. */
  public static final String TTL_MS = "ovation-ttl-ms";

  /** The pause after the first failure, at least 1; any of the four may stand alone. */
  public static final String BACKOFF_INITIAL_MS = "ovation-backoff-initial-ms";

  /** By which each pause is longer than the one before; 1 to 1,000. */
  public static final String BACKOFF_FACTOR = "ovation-backoff-factor";

  /** The longest pause; at most 36 hours. */
  public static final String BACKOFF_MAX_MS = "ovation-backoff-max-ms";

  /** 0 to 1. */
  public static final String BACKOFF_JITTER = "ovation-backoff-jitter";

  // Longer is no number that could be meant.
  private static final int LONGEST = 32;

  private PolicyHeaders() {}

  /**
   * The policy of an item of a method with this one.
   *
   * @param invalid told the name of each header that was not understood
   */
  public static Policy apply(Policy policy, Map<String, String> headers, Consumer<String> invalid) {
    if (headers.isEmpty() || headers.keySet().stream().noneMatch(n -> n.startsWith(PREFIX))) {
      return policy;
    }
    var reader = new Reader(headers, invalid);
    Policy result = policy;
    result = reader.change(result, MAX_ATTEMPTS, Long::valueOf, PolicyHeaders::attempts);
    result = reader.change(result, TIMEOUT_MS, Long::valueOf, PolicyHeaders::timeout);
    result = reader.change(result, TTL_MS, Long::valueOf, PolicyHeaders::ttl);
    return reader.backoff(result);
  }

  private static Policy attempts(Policy policy, long attempts) {
    int count = Math.toIntExact(attempts);
    PolicyOverride.NONE.withMaxAttempts(count);
    return policy.withMaxAttempts(count);
  }

  private static Policy timeout(Policy policy, long ms) {
    Duration timeout = Duration.ofMillis(ms);
    PolicyOverride.NONE.withTimeout(timeout);
    return policy.withTimeout(timeout);
  }

  private static Policy ttl(Policy policy, long ms) {
    Duration ttl = Duration.ofMillis(ms);
    PolicyOverride.NONE.withTtl(ttl);
    return policy.withTtl(ttl);
  }

  /** Changes a policy by one value; throws if the value is out of bounds. */
  private interface Change<V> {
    Policy by(Policy policy, V value);
  }

  private record Reader(Map<String, String> headers, Consumer<String> invalid) {

    <V> Policy change(Policy policy, String name, Function<String, V> parse, Change<V> change) {
      V value = value(name, parse);
      if (value == null) {
        return policy;
      }
      try {
        return change.by(policy, value);
      } catch (IllegalArgumentException | ArithmeticException e) {
        invalid.accept(name);
        return policy;
      }
    }

    Policy backoff(Policy policy) {
      Long initial = value(BACKOFF_INITIAL_MS, Long::valueOf);
      Double factor = value(BACKOFF_FACTOR, Double::valueOf);
      Long max = value(BACKOFF_MAX_MS, Long::valueOf);
      Double jitter = value(BACKOFF_JITTER, Double::valueOf);
      if (initial == null && factor == null && max == null && jitter == null) {
        return policy;
      }
      Backoff own = policy.backoff();
      try {
        Duration first = initial == null ? own.initial() : Duration.ofMillis(initial);
        // A longer first pause alone is not to clash with the method's longest.
        Duration most =
            max != null
                ? Duration.ofMillis(max)
                : first.compareTo(own.max()) > 0 ? first : own.max();
        var changed =
            new Backoff(
                first,
                factor == null ? own.factor() : factor,
                most,
                jitter == null ? own.jitter() : jitter);
        PolicyOverride.NONE.withBackoff(changed);
        return policy.withBackoff(changed);
      } catch (IllegalArgumentException | ArithmeticException e) {
        invalid.accept("ovation-backoff");
        return policy;
      }
    }

    private <V> @Nullable V value(String name, Function<String, V> parse) {
      String text = headers.get(name);
      if (text == null) {
        return null;
      }
      try {
        if (text.length() <= LONGEST) {
          return parse.apply(text);
        }
      } catch (NumberFormatException e) {
        // As below.
      }
      invalid.accept(name);
      return null;
    }
  }
}
