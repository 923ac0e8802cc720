package io.ovation.deliver.fanout;

import io.ovation.deliver.DeliveryMetrics;

/** What one turn of passes did, summed before the shared counters are touched. One loop. */
final class DeliveryStats {
  private final DeliveryMetrics meters;
  private long messages;
  private long bytes;
  private long skipped;
  private long conflated;
  private int passes;

  DeliveryStats(DeliveryMetrics meters) {
    this.meters = meters;
  }

  void delivered(int more, int size) {
    messages += more;
    bytes += size;
  }

  void skipped(int more) {
    skipped += more;
  }

  void conflated(int more) {
    conflated += more;
  }

  void passed() {
    passes++;
  }

  void flush() {
    meters.turns.increment();
    add(meters.passes, passes);
    add(meters.deliveries, messages);
    add(meters.bytes, bytes);
    add(meters.skipped, skipped);
    add(meters.conflated, conflated);
    messages = bytes = skipped = conflated = passes = 0;
  }

  private static void add(io.micrometer.core.instrument.Counter counter, long more) {
    if (more > 0) {
      counter.increment(more);
    }
  }
}
