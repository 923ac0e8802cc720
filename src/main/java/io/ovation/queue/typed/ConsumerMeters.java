package io.ovation.queue.typed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a consumer counts. */
final class ConsumerMeters {
  final Counter poison;
  final Counter unburied;
  final Counter unretried;
  private final Map<String, Timer> handled;
  private final Map<String, Counter> failed;
  private final Map<String, Counter> retried;
  private final Map<String, Counter> dead;

  ConsumerMeters(Metrics metrics, Contract contract) {
    String queue = contract.queue();
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
    handled =
        each(
            contract,
            method ->
                metrics.timer(
                    "ovation.queue.handle",
                    "attempts that succeeded",
                    "queue",
                    queue,
                    "method",
                    method));
    failed =
        each(
            contract,
            method ->
                metrics.counter(
                    "ovation.queue.handle.failed",
                    "attempts that failed or took too long",
                    "queue",
                    queue,
                    "method",
                    method));
    retried =
        each(
            contract,
            method ->
                metrics.counter(
                    "ovation.queue.retried",
                    "failed attempts that another will follow",
                    "queue",
                    queue,
                    "method",
                    method));
    dead =
        each(
            contract,
            method ->
                metrics.counter(
                    "ovation.queue.dead",
                    "items given up: too many attempts, or past their time",
                    "queue",
                    queue,
                    "method",
                    method));
  }

  Timer handled(Work work) {
    return Objects.requireNonNull(handled.get(work.item.method().name()));
  }

  Counter failed(Work work) {
    return Objects.requireNonNull(failed.get(work.item.method().name()));
  }

  Counter retried(Work work) {
    return Objects.requireNonNull(retried.get(work.item.method().name()));
  }

  Counter dead(Work work) {
    return Objects.requireNonNull(dead.get(work.item.method().name()));
  }

  private static <M> Map<String, M> each(Contract contract, Function<String, M> meter) {
    return contract.methods().keySet().stream()
        .collect(Collectors.toUnmodifiableMap(name -> name, meter));
  }
}
