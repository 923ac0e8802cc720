package io.ovation.queue.typed.consumer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.queue.typed.QueueMethod;
import java.util.IdentityHashMap;
import java.util.Objects;

/**
 * What a consumer counts. Labels are names from the {@code .proto}, never values of an item, so
 * that a peer can't create time series.
 */
final class ConsumerMetrics {
  /** The meters of one method. */
  record MethodMetrics(Timer handled, Counter failed, Counter retried, Counter dead) {}

  final Counter poison;
  final Counter deadLetterRefused;
  final Counter requeueRefused;
  final Counter invalidPolicy;
  private final IdentityHashMap<QueueMethod<?>, MethodMetrics> methods = new IdentityHashMap<>();

  ConsumerMetrics(Metrics metrics, ServiceRegistry services) {
    String[] queue = {"queue", services.queue()};
    poison = metrics.counter("ovation.queue.poison", "items that could not be read", queue);
    deadLetterRefused =
        metrics.counter(
            "ovation.queue.deadletter.failed",
            "moves to the dead letters that the broker refused; each is retried",
            queue);
    requeueRefused =
        metrics.counter(
            "ovation.queue.retry.failed",
            "delayed publishes of items that the broker refused; each is retried",
            queue);
    invalidPolicy =
        metrics.counter(
            "ovation.queue.policy.invalid",
            "values of items' policies that are out of bounds and had no effect",
            queue);
    for (QueueMethod<?> method : services.methods()) {
      String[] tags = method.tags(services.queue());
      methods.put(
          method,
          new MethodMetrics(
              metrics.timer("ovation.queue.handle", "attempts that succeeded", tags),
              metrics.counter(
                  "ovation.queue.handle.failed", "attempts that failed or took too long", tags),
              metrics.counter(
                  "ovation.queue.retried", "failed attempts that another will follow", tags),
              metrics.counter(
                  "ovation.queue.given.up",
                  "items that became dead letters: too many attempts, or too old",
                  tags)));
    }
  }

  MethodMetrics of(QueueMethod<?> method) {
    return Objects.requireNonNull(methods.get(method));
  }
}
