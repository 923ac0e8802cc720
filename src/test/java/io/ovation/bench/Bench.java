package io.ovation.bench;

import java.util.List;

/** What both sides of a comparison have in common. */
final class Bench {
  /** Unconfirmed publishes at most, and unacked deliveries. */
  static final int WINDOW = 1_000;

  /** Bytes of a message. */
  static final int SIZE = 200;

  static final int WARM_SECONDS = 6;
  static final int MEASURED_SECONDS = 12;

  private Bench() {}

  /**
   * The rate of a queue that is drained, from what was handled in each second: without the first,
   * in which it starts, and the last, in which the queue runs out.
   */
  static double drained(List<Integer> perSecond) {
    List<Integer> busy = perSecond.stream().filter(rate -> rate > 0).toList();
    return busy.stream()
        .skip(1)
        .limit(Math.max(1, busy.size() - 2))
        .mapToInt(Integer::intValue)
        .average()
        .orElseThrow(() -> new IllegalStateException("drained too soon: " + perSecond));
  }
}
