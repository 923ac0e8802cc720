package io.ovation.protoc;

import com.google.protobuf.DynamicMessage;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads how an rpc's items are tried: attempts, back-off, timeout, time to live. The defaults are
 * those that options.proto states.
 */
final class PolicyReader {
  private PolicyReader() {}

  /** The arguments of the runtime's {@code Policy.of}. */
  static String read(Map<String, Object> option, Consumer<String> errors) {
    Map<String, Object> backoff =
        option.get("backoff") instanceof DynamicMessage set ? QueueOptions.fields(set) : Map.of();
    long initial = positive(backoff, "initial_ms", 1_000, errors);
    long max = positive(backoff, "max_ms", Math.max(60_000, initial), errors);
    double factor = ((Number) backoff.getOrDefault("factor", 2.0)).doubleValue();
    double jitter = ((Number) backoff.getOrDefault("jitter", 0.2)).doubleValue();
    if (max < initial) {
      errors.accept("backoff.max_ms " + max + " is below initial_ms " + initial);
    }
    if (!(factor >= 1 && factor <= 1_000)) {
      errors.accept("backoff.factor " + factor + " must be 1 to 1,000");
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      errors.accept("backoff.jitter " + jitter + " must be 0 to 1");
    }
    return "%d, %dL, %dL, %dL, %s, %dL, %s"
        .formatted(
            positive(option, "max_attempts", 5, errors),
            positive(option, "timeout_ms", 30_000, errors),
            positive(option, "ttl_ms", 0, errors),
            initial,
            factor,
            max,
            jitter);
  }

  private static long positive(
      Map<String, Object> option, String field, long unset, Consumer<String> errors) {
    long value = ((Number) option.getOrDefault(field, unset)).longValue();
    if (value < 1 && option.containsKey(field)) {
      errors.accept(field + " " + value + " must be at least 1; leave it out for the default");
      return unset;
    }
    return value;
  }
}
