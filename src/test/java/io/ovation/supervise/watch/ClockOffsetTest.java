package io.ovation.supervise.watch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClockOffsetTest {
  private static final long MS = 1_000_000;
  private final ClockOffset clockOffset = new ClockOffset("p");

  @Test
  void aDelayedMessageMakesNothingLookLater() {
    clockOffset.received(1_000 * MS, 51 * MS);
    clockOffset.received(1_100 * MS, 150 * MS + 500 * MS); // half a second on the way
    assertThat(clockOffset.here(1_090 * MS)).isBetween(140 * MS, 142 * MS);
  }

  @Test
  void aFasterMessageCorrectsTheEstimateOfASlowOne() {
    clockOffset.received(1_000 * MS, 900 * MS);
    clockOffset.received(1_100 * MS, 150 * MS);
    assertThat(clockOffset.here(1_000 * MS)).isEqualTo(50 * MS);
  }

  @Test
  void driftingClocksAreFollowed() {
    long hour = 3_600_000 * MS;
    for (int h = 0; h < 24; h++) {
      clockOffset.received(h * (hour - 100 * MS), h * hour); // 28 ppm slower than ours
    }
    assertThat(clockOffset.here(23 * (hour - 100 * MS))).isEqualTo(23 * hour);
  }

  @Test
  void aClockMayBeginAnywhere() {
    clockOffset.received(Long.MAX_VALUE - 5, -7);
    assertThat(clockOffset.here(Long.MAX_VALUE - 5)).isEqualTo(-7);
    clockOffset.received(Long.MIN_VALUE + 5, 4);
    assertThat(clockOffset.here(Long.MIN_VALUE + 4)).isEqualTo(3);
  }
}
