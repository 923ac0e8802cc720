package io.ovation.deliver.fanout;

import io.micrometer.core.instrument.Counter;
import io.ovation.deliver.DeliveryMetrics;

/**
 * Counts one turn's deliveries in plain fields, then adds them to the shared counters. One loop.
 */
final class FanOutStats {
  private final DeliveryMetrics metrics;
  private long messages;
  private long bytes;
  private long skipped;
  private long conflated;
  private int batches;

  FanOutStats(DeliveryMetrics metrics) {
    this.metrics = metrics;
  }

  void delivered(int count, int size) {
    messages += count;
    bytes += size;
  }

  void skipped(int count) {
    skipped += count;
  }

  void conflated(int count) {
    conflated += count;
  }

  void batchDone() {
    batches++;
  }

  void flush() {
    metrics.turns.increment();
    add(metrics.passes, batches);
    add(metrics.deliveries, messages);
    add(metrics.bytes, bytes);
    add(metrics.skipped, skipped);
    add(metrics.conflated, conflated);
    messages = bytes = skipped = conflated = batches = 0;
  }

  private static void add(Counter counter, long count) {
    if (count > 0) {
      counter.increment(count);
    }
  }
}
