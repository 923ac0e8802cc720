package io.ovation.protoc;

import com.google.protobuf.DynamicMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads how an rpc's items are tried: attempts, back-off, timeout, time to live. */
final class PolicyReader {
  private final Consumer<String> problems;
  private final List<String> calls = new ArrayList<>();

  private PolicyReader(Consumer<String> problems) {
    this.problems = problems;
  }

  /** The calls on the runtime's builder for what {@code option} sets. */
  static List<String> read(DynamicMessage option, Consumer<String> problems) {
    var reader = new PolicyReader(problems);
    reader.positive(option, "max_attempts").ifPresent(n -> reader.add("maxAttempts(%d)", n));
    reader.positive(option, "timeout_ms").ifPresent(ms -> reader.add("timeoutMs(%dL)", ms));
    reader.positive(option, "ttl_ms").ifPresent(ms -> reader.add("ttlMs(%dL)", ms));
    QueueOptions.value(option, "backoff").ifPresent(set -> reader.backoff((DynamicMessage) set));
    return reader.calls;
  }

  // The defaults are stated in options.proto.
  private void backoff(DynamicMessage option) {
    long initial = positive(option, "initial_ms").orElse(1_000L);
    long max = positive(option, "max_ms").orElse(Math.max(60_000L, initial));
    double factor = decimal(option, "factor", 2);
    double jitter = decimal(option, "jitter", 0.2);
    if (max < initial) {
      problems.accept("backoff.max_ms " + max + " is below initial_ms " + initial);
    }
    if (!(factor >= 1 && factor <= 1_000)) {
      problems.accept("backoff.factor " + factor + " must be 1 to 1,000");
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      problems.accept("backoff.jitter " + jitter + " must be 0 to 1");
    }
    calls.add("backoff(" + initial + "L, " + factor + ", " + max + "L, " + jitter + ")");
  }

  private Optional<Long> positive(DynamicMessage option, String field) {
    Optional<Long> value = QueueOptions.value(option, field).map(set -> ((Number) set).longValue());
    if (value.isPresent() && value.get() < 1) {
      problems.accept(
          field + " " + value.get() + " must be at least 1; leave it out for the default");
      return Optional.empty();
    }
    return value;
  }

  private static double decimal(DynamicMessage option, String field, double unset) {
    return QueueOptions.value(option, field).map(set -> ((Number) set).doubleValue()).orElse(unset);
  }

  private void add(String call, long value) {
    calls.add(call.formatted(value));
  }
}
