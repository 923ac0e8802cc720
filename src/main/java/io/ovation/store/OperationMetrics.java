package io.ovation.store;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;

/** The meters of one of the store's operations. */
record OperationMetrics(Timer time, Counter failures) {
  static OperationMetrics of(Metrics metrics, String name) {
    return new OperationMetrics(
        metrics.timer("ovation.store.calls", "Time to the store's answer", "op", name),
        metrics.counter("ovation.store.failures", "Calls the store failed", "op", name));
  }

  /** An answer that a newer owner exists is no failure of the store's. */
  <T> Future<T> measure(Future<T> call) {
    long start = System.nanoTime();
    return call.onComplete(
        done -> {
          time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
          if (done.failed() && !(done.cause() instanceof StaleEpoch)) {
            failures.increment();
          }
        });
  }
}
