package io.ovation.dispatch;

import java.util.function.LongSupplier;

/**
 * Decides, by this node's view of the cluster, whether it may own partitions. A node that was
 * frozen, or that lost most of the others at once, is more likely cut off than right: it waits
 * until the cluster has taken it back, or until a merge would have happened if there were others.
 */
final class SplitBrainGuard {
  /**
   * Hazelcast declares a silent member dead after 6 s; a frozen node may have been replaced then.
   */
  static final long FROZEN_MS = 5_000;

  /** Merge runs start 5 s after the split is seen, and take a few seconds. */
  static final long HOLD_MS = 9_000;

  /** A frozen node has certainly been replaced; a merge with unreachable addresses takes longer. */
  static final long FROZEN_HOLD_MS = 30_000;

  /** A membership that lasted this long becomes the one that losses are measured against. */
  static final long STABLE_MS = 15_000;

  private final LongSupplier millis;
  private int stable;
  private int members;
  private long changedAt;
  private long frozenUntil;
  private long lostUntil;
  private long lastTick;

  /**
   * @param millis a clock that never goes back, in milliseconds
   */
  SplitBrainGuard(LongSupplier millis, int members) {
    this.millis = millis;
    this.members = members;
    this.stable = members;
    this.lastTick = millis.getAsLong();
    this.changedAt = lastTick;
    this.frozenUntil = lastTick;
    this.lostUntil = lastTick;
  }

  boolean allowsOwnership() {
    long now = millis.getAsLong();
    return now >= frozenUntil && now >= lostUntil;
  }

  /** To be called about once a second. Returns true if the node has just come out of a freeze. */
  boolean tick() {
    long now = millis.getAsLong();
    // A node alone cannot have been replaced.
    boolean frozen = stable > 1 && now - lastTick > FROZEN_MS;
    lastTick = now;
    if (frozen) {
      frozenUntil = now + FROZEN_HOLD_MS;
    } else if (now - changedAt > STABLE_MS) {
      stable = members;
    }
    return frozen;
  }

  /** The cluster's size has changed. Of two nodes, the one that is left may act at once. */
  void membersChanged(int count) {
    members = count;
    changedAt = millis.getAsLong();
    stable = Math.max(stable, count);
    boolean most = stable <= 2 || count * 2 >= stable;
    lostUntil = most ? changedAt : changedAt + HOLD_MS;
  }

  /** The cluster has taken this node back. */
  void merged() {
    frozenUntil = millis.getAsLong();
    lostUntil = frozenUntil;
    stable = members;
  }
}
