package io.ovation.disk;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * A token bucket that limits how often groups are synced. A group of one write costs about as much
 * as one of thirty: a system call to write, one to sync, a task for each event loop that waits. A
 * few groups may run back to back, which is enough for one comment; under load a group waits until
 * more writes have arrived. Disk thread only.
 */
final class GroupCommitPacer {
  /** Queued writes at which a group does not wait. */
  static final int ENOUGH = 256;

  /** Groups that may run back to back: as many as three comments need. */
  static final int BURST = 6;

  /** Average time between groups under load. */
  static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** How often a waiting group checks for {@link #ENOUGH}. */
  private static final long CHECK_NANOS = INTERVAL_NANOS / 2;

  private final LongSupplier nanos;

  /** When the bucket will be full again. */
  private long full;

  GroupCommitPacer(LongSupplier nanos) {
    this.nanos = nanos;
    this.full = nanos.getAsLong();
  }

  /** Nanoseconds until the next group may be written. Takes no token. */
  long left() {
    return Math.max(0, full - (BURST - 1) * INTERVAL_NANOS - nanos.getAsLong());
  }

  /** Waits until the next group may be written or {@code enough} is true, then takes a token. */
  void await(BooleanSupplier enough) {
    long left = left();
    while (left > 0 && !enough.getAsBoolean()) {
      LockSupport.parkNanos(Math.min(left, CHECK_NANOS));
      left = left();
    }
    full = Math.max(full, nanos.getAsLong()) + INTERVAL_NANOS;
  }
}
