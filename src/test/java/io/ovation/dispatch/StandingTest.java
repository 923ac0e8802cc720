package io.ovation.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StandingTest {
  private final AtomicLong clock = new AtomicLong(1_000_000);

  private Standing of(int members) {
    return new Standing(clock::get, members);
  }

  @Test
  void aNodeThatLosesMostOfTheOthersHoldsBack() {
    Standing standing = of(3);
    standing.members(2);
    assertThat(standing.good()).isTrue();
    standing.members(1);
    assertThat(standing.good()).isFalse();
    clock.addAndGet(Standing.HOLD_MS);
    assertThat(standing.good()).isTrue();
  }

  @Test
  void ofTwoNodesTheOneLeftActsAtOnce() {
    Standing standing = of(2);
    standing.members(1);
    assertThat(standing.good()).isTrue();
  }

  @Test
  void aFrozenNodeHoldsBackUntilTheClusterTakesItBack() {
    Standing standing = of(3);
    clock.addAndGet(1_000);
    assertThat(standing.tick()).isFalse();
    clock.addAndGet(15_000);
    assertThat(standing.tick()).isTrue();
    assertThat(standing.good()).isFalse();
    standing.merged();
    assertThat(standing.good()).isTrue();
  }

  @Test
  void aNodeAloneGoesOnAfterAFreeze() {
    Standing standing = of(1);
    clock.addAndGet(15_000);
    assertThat(standing.tick()).isFalse();
    assertThat(standing.good()).isTrue();
  }

  @Test
  void lossesThatStoodForLongAreNotCountedAgain() {
    Standing standing = of(5);
    standing.members(3);
    clock.addAndGet(Standing.STABLE_MS + 1);
    for (int i = 0; i < 60; i++) {
      clock.addAndGet(1_000);
      standing.tick();
    }
    standing.members(2);
    assertThat(standing.good()).isTrue();
  }
}
