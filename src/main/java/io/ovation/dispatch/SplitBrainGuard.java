package io.ovation.dispatch;

import java.util.function.LongSupplier;

/**
 * Whether this node may act as an owner by its own view of the cluster. A node that was frozen, or
 * that lost most of the others at once, is more likely alone than right: it waits until it is back
 * among them, or for so long that they would have merged if they were there.
 */
final class SplitBrainGuard {
  /**
   * Hazelcast declares a silent member dead after 6 s; a frozen node may have been replaced then.
   */
  static final long FROZEN_MS = 5_000;

  /** Merge runs start 5 s after the split is seen, and take a few seconds. */
  static final long HOLD_MS = 9_000;

  /** Who was frozen has surely been replaced; a merge with unreachable addresses takes longer. */
  static final long FROZEN_HOLD_MS = 30_000;

  /** A membership that stood for so long is the one that losses are measured by. */
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

  boolean good() {
    long now = millis.getAsLong();
    return now >= frozenUntil && now >= lostUntil;
  }

  /** Called about once a second. True if the node has just come out of a freeze. */
  boolean tick() {
    long now = millis.getAsLong();
    // Alone there is nobody who could have replaced it.
    boolean frozen = stable > 1 && now - lastTick > FROZEN_MS;
    lastTick = now;
    if (frozen) {
      frozenUntil = now + FROZEN_HOLD_MS;
    } else if (now - changedAt > STABLE_MS) {
      stable = members;
    }
    return frozen;
  }

  /** The cluster has so many members now. With two, the one that is left acts at once. */
  void members(int count) {
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
