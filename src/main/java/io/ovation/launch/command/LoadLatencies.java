package io.ovation.launch.command;

/** Counts latencies to a tenth of a millisecond, up to a minute. One thread. */
final class LoadLatencies {
  private static final long STEP_NANOS = 100_000;
  private static final int STEPS = 600_000;

  private final long[] counts = new long[STEPS + 1];
  private long count;
  private int max;

  void record(long nanos) {
    int step = (int) Math.min(STEPS, Math.max(0, nanos / STEP_NANOS));
    counts[step]++;
    count++;
    max = Math.max(max, step);
  }

  long count() {
    return count;
  }

  String text() {
    return count == 0
        ? "nothing was received"
        : "p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms"
            .formatted(percentile(50), percentile(90), percentile(99), max / 10.0);
  }

  /** In milliseconds. */
  double percentile(int percent) {
    long rank = (count * percent + 99) / 100;
    long seen = 0;
    for (int step = 0; step <= STEPS; step++) {
      seen += counts[step];
      if (seen >= rank) {
        return step / 10.0;
      }
    }
    return max / 10.0;
  }
}
