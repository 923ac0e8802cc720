package io.ovation.queue.typed.consumer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.QueueMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * What a consumer counts. Labels are names from the {@code .proto}, never what an item says, so
 * that a peer can't make series.
 */
final class ConsumerMetrics {
  final Counter poison;
  final Counter unburied;
  final Counter unretried;
  final Counter misread;
  private final Map<QueueMethod<?>, Timer> handled;
  private final Map<QueueMethod<?>, Counter> failed;
  private final Map<QueueMethod<?>, Counter> retried;
  private final Map<QueueMethod<?>, Counter> dead;

  ConsumerMetrics(Metrics metrics, ServiceRegistry services) {
    String queue = services.queue();
    poison =
        metrics.counter("ovation.queue.poison", "items that could not be read", "queue", queue);
    unburied =
        metrics.counter(
            "ovation.queue.deadletter.failed",
            "refused by the broker, tried again",
            "queue",
            queue);
    unretried =
        metrics.counter(
            "ovation.queue.retry.failed",
            "publishes of items for later that the broker refused, tried again",
            "queue",
            queue);
    misread =
        metrics.counter(
            "ovation.queue.header.invalid",
            "headers ovation-... whose values had no effect",
            "queue",
            queue);
    handled =
        each(
            services,
            tags -> metrics.timer("ovation.queue.handle", "attempts that succeeded", tags));
    failed = counters(metrics, services, "handle.failed", "attempts that failed or took too long");
    retried = counters(metrics, services, "retried", "failed attempts that another will follow");
    dead =
        counters(
            metrics,
            services,
            "given.up",
            "items that became dead letters: too many attempts, or past their time");
  }

  Timer handled(InFlightItem work) {
    return Objects.requireNonNull(handled.get(work.item.method()));
  }

  Counter failed(InFlightItem work) {
    return Objects.requireNonNull(failed.get(work.item.method()));
  }

  Counter retried(InFlightItem work) {
    return Objects.requireNonNull(retried.get(work.item.method()));
  }

  Counter dead(InFlightItem work) {
    return Objects.requireNonNull(dead.get(work.item.method()));
  }

  private static Map<QueueMethod<?>, Counter> counters(
      Metrics metrics, ServiceRegistry services, String name, String help) {
    return each(services, tags -> metrics.counter("ovation.queue." + name, help, tags));
  }

  private static <M> Map<QueueMethod<?>, M> each(
      ServiceRegistry services, Function<String[], M> meter) {
    Map<QueueMethod<?>, M> meters = new HashMap<>();
    for (Contract contract : services.contracts()) {
      for (QueueMethod<?> method : contract.methods().values()) {
        meters.put(method, meter.apply(method.tags(contract.queue())));
      }
    }
    return meters;
  }
}
