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
    SplitBrainGuard splitBrainGuard = of(3);
    splitBrainGuard.members(2);
    assertThat(splitBrainGuard.good()).isTrue();
    splitBrainGuard.members(1);
    assertThat(splitBrainGuard.good()).isFalse();
    clock.addAndGet(SplitBrainGuard.HOLD_MS);
    assertThat(splitBrainGuard.good()).isTrue();
  }

  @Test
  void ofTwoNodesTheOneLeftActsAtOnce() {
    SplitBrainGuard splitBrainGuard = of(2);
    splitBrainGuard.members(1);
    assertThat(splitBrainGuard.good()).isTrue();
  }

  @Test
  void aFrozenNodeHoldsBackUntilTheClusterTakesItBack() {
    SplitBrainGuard splitBrainGuard = of(3);
    clock.addAndGet(1_000);
    assertThat(splitBrainGuard.tick()).isFalse();
    clock.addAndGet(15_000);
    assertThat(splitBrainGuard.tick()).isTrue();
    assertThat(splitBrainGuard.good()).isFalse();
    splitBrainGuard.merged();
    assertThat(splitBrainGuard.good()).isTrue();
  }

  @Test
  void aNodeAloneGoesOnAfterAFreeze() {
    SplitBrainGuard splitBrainGuard = of(1);
    clock.addAndGet(15_000);
    assertThat(splitBrainGuard.tick()).isFalse();
    assertThat(splitBrainGuard.good()).isTrue();
  }

  @Test
  void lossesThatStoodForLongAreNotCountedAgain() {
    SplitBrainGuard splitBrainGuard = of(5);
    splitBrainGuard.members(3);
    clock.addAndGet(SplitBrainGuard.STABLE_MS + 1);
    for (int i = 0; i < 60; i++) {
      clock.addAndGet(1_000);
      splitBrainGuard.tick();
    }
    splitBrainGuard.members(2);
    assertThat(splitBrainGuard.good()).isTrue();
  }
}
