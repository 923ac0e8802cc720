package io.ovation.disk;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How often groups are written. A group costs about the same whether one write is in it or thirty:
 * pages up to each map's root, a header, a sync. So a few may follow one another at once, which is
 * all that one comment needs; when they keep coming, each waits for company. Disk thread only.
 */
final class GroupCommitPacer {
  /** Writes that are company enough. */
  static final int ENOUGH = 256;

  /** Groups that may follow one another without a wait: three comments' worth. */
  static final int BURST = 6;

  /** The least time between groups in the long run. */
  static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(8);

  /** How often a wait looks whether there is enough: each look is a wake-up. */
  private static final long LOOK_NANOS = INTERVAL_NANOS / 2;

  private final LongSupplier nanos;

  /** When the bucket of groups will be full again. */
  private long full;

  /**
   * @param nanos a clock that never goes back, in nanoseconds
   */
  GroupCommitPacer(LongSupplier nanos) {
    this.nanos = nanos;
    this.full = nanos.getAsLong();
  }

  /** Nanoseconds until the next group may be written; takes nothing. */
  long left() {
    return Math.max(0, full - (BURST - 1) * INTERVAL_NANOS - nanos.getAsLong());
  }

  /** Waits until the next group may be written, or until {@code enough} is true. */
  void await(BooleanSupplier enough) {
    long left = left();
    while (left > 0 && !enough.getAsBoolean()) {
      LockSupport.parkNanos(Math.min(left, LOOK_NANOS));
      left = left();
    }
    full = Math.max(full, nanos.getAsLong()) + INTERVAL_NANOS;
  }
}
