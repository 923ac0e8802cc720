package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
  private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  private final Pace pace = new Pace(nanos::get);

  @Test
  void aFewGroupsFollowOneAnotherAtOnce() {
    for (int i = 0; i < Pace.BURST; i++) {
      assertThat(pace.left()).isZero();
      pace.await(() -> false);
    }
    assertThat(pace.left()).isEqualTo(Pace.INTERVAL_NANOS);
  }

  @Test
  void inTheLongRunAGroupTakesItsInterval() {
    exhaust();
    for (int i = 0; i < 100; i++) {
      nanos.addAndGet(Pace.INTERVAL_NANOS);
      assertThat(pace.left()).isZero();
      pace.await(() -> false);
      assertThat(pace.left()).isEqualTo(Pace.INTERVAL_NANOS);
    }
  }

  @Test
  void restGivesTheBurstBackAndNoMore() {
    exhaust();
    nanos.addAndGet(1_000 * Pace.INTERVAL_NANOS);
    exhaust();
    assertThat(pace.left()).isEqualTo(Pace.INTERVAL_NANOS);
  }

  @Test
  void whoHasCompanyEnoughDoesNotWait() {
    exhaust();
    pace.await(() -> true);
    assertThat(pace.left()).isEqualTo(2 * Pace.INTERVAL_NANOS);
  }

  private void exhaust() {
    for (int i = 0; i < Pace.BURST; i++) {
      pace.await(() -> false);
    }
  }
}
