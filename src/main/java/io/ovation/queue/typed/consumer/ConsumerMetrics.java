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
    String refused = " that the broker refused; each is retried";
    deadLetterRefused =
        metrics.counter("ovation.queue.deadletter.failed", "dead letters" + refused, queue);
    requeueRefused =
        metrics.counter("ovation.queue.retry.failed", "delayed publishes" + refused, queue);
    String outOfBounds = "values of items' policies that are out of bounds and had no effect";
    invalidPolicy = metrics.counter("ovation.queue.policy.invalid", outOfBounds, queue);
    for (QueueMethod<?> method : services.methods()) {
      String[] tags = method.tags(services.queue());
      Timer handled = metrics.timer("ovation.queue.handle", "attempts that succeeded", tags);
      Counter failed =
          metrics.counter("ovation.queue.handle.failed", "attempts that failed or timed out", tags);
      Counter retried =
          metrics.counter("ovation.queue.retried", "failed attempts that another follows", tags);
      Counter dead =
          metrics.counter(
              "ovation.queue.given.up", "items given up: too many attempts, or too old", tags);
      methods.put(method, new MethodMetrics(handled, failed, retried, dead));
    }
  }

  MethodMetrics of(QueueMethod<?> method) {
    return Objects.requireNonNull(methods.get(method));
  }
}
