package io.ovation.queue.typed.producer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.QueueMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What a producer counts, for each method. */
final class ProducerMetrics {
  private final Map<QueueMethod<?>, Timer> enqueued = new HashMap<>();
  private final Map<QueueMethod<?>, Counter> failed = new HashMap<>();

  ProducerMetrics(Metrics metrics, Contract contract) {
    for (QueueMethod<?> method : contract.methods().values()) {
      String[] tags = method.tags(contract.queue());
      enqueued.put(
          method,
          metrics.timer("ovation.queue.enqueue", "enqueues until the broker's confirm", tags));
      failed.put(
          method,
          metrics.counter(
              "ovation.queue.enqueue.failed", "enqueues that were not confirmed", tags));
    }
  }

  Timer enqueued(QueueMethod<?> method) {
    return Objects.requireNonNull(enqueued.get(method), "a method of another queue");
  }

  Counter failed(QueueMethod<?> method) {
    return Objects.requireNonNull(failed.get(method), "a method of another queue");
  }
}
