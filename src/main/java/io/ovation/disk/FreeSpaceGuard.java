package io.ovation.disk;

import java.util.function.LongSupplier;

/**
 * Whether the volume has space for another group. MVStore closes itself for good when a write
 * fails; so writes are refused before that happens, and resume when there is space again.
 */
final class FreeSpaceGuard {
  /**
   * A group ends at 16 MiB of changes; four times that leaves space for its pages and compaction.
   */
  static final long LOW = 64L << 20;

  /** More than {@link #LOW}, so that the state does not flap at the limit. */
  static final long ENOUGH = 96L << 20;

  private final LongSupplier usable;
  private volatile boolean low;

  FreeSpaceGuard(LongSupplier usable) {
    this.usable = usable;
  }

  /** As of the last {@link #check}. Any thread. */
  boolean low() {
    return low;
  }

  /** Asks the file system, which takes a few microseconds. Disk thread only. */
  boolean check() {
    low = usable.getAsLong() < (low ? ENOUGH : LOW);
    return !low;
  }
}
