package io.ovation.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SplitBrainGuardTest {
  private final AtomicLong clock = new AtomicLong(1_000_000);

  private SplitBrainGuard of(int members) {
    return new SplitBrainGuard(clock::get, members);
  }

  @Test
  void aNodeThatLosesMostOfTheOthersHoldsBack() {
    SplitBrainGuard guard = of(3);
    guard.membersChanged(2);
    assertThat(guard.allowsOwnership()).isTrue();
    guard.membersChanged(1);
    assertThat(guard.allowsOwnership()).isFalse();
    clock.addAndGet(SplitBrainGuard.HOLD_MS);
    assertThat(guard.allowsOwnership()).isTrue();
  }

  @Test
  void ofTwoNodesTheOneLeftActsAtOnce() {
    SplitBrainGuard guard = of(2);
    guard.membersChanged(1);
    assertThat(guard.allowsOwnership()).isTrue();
  }

  @Test
  void aFrozenNodeHoldsBackUntilTheClusterTakesItBack() {
    SplitBrainGuard guard = of(3);
    clock.addAndGet(1_000);
    assertThat(guard.tick()).isFalse();
    clock.addAndGet(15_000);
    assertThat(guard.tick()).isTrue();
    assertThat(guard.allowsOwnership()).isFalse();
    guard.merged();
    assertThat(guard.allowsOwnership()).isTrue();
  }

  @Test
  void aNodeAloneGoesOnAfterAFreeze() {
    SplitBrainGuard guard = of(1);
    clock.addAndGet(15_000);
    assertThat(guard.tick()).isFalse();
    assertThat(guard.allowsOwnership()).isTrue();
  }

  @Test
  void lossesThatStoodForLongAreNotCountedAgain() {
    SplitBrainGuard guard = of(5);
    guard.membersChanged(3);
    clock.addAndGet(SplitBrainGuard.STABLE_MS + 1);
    for (int i = 0; i < 60; i++) {
      clock.addAndGet(1_000);
      guard.tick();
    }
    guard.membersChanged(2);
    assertThat(guard.allowsOwnership()).isTrue();
  }
}
