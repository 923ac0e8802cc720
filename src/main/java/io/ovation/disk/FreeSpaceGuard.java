package io.ovation.disk;

import java.util.function.LongSupplier;

/**
 * Whether the volume has room for another group. MVStore closes itself for good when a write fails,
 * so writes are refused before that happens and resume by themselves once there is room again.
 */
final class FreeSpaceGuard {
  /** A group ends at 16 MiB of changes; four of those leave room for its pages and compaction. */
  static final long LOW = 64L << 20;

  /** More than {@link #LOW}, so that a volume on the edge doesn't flap. */
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

  /** Asks the file system: a few microseconds, disk thread only. */
  boolean check() {
    low = usable.getAsLong() < (low ? ENOUGH : LOW);
    return !low;
  }
}
