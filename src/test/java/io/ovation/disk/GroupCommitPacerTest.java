package io.ovation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GroupCommitPacerTest {
  private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  private final GroupCommitPacer pacer = new GroupCommitPacer(nanos::get);

  @Test
  void aFewGroupsFollowOneAnotherAtOnce() {
    for (int i = 0; i < GroupCommitPacer.BURST; i++) {
      assertThat(pacer.left()).isZero();
      pacer.await(() -> false);
    }
    assertThat(pacer.left()).isEqualTo(GroupCommitPacer.INTERVAL_NANOS);
  }

  @Test
  void inTheLongRunAGroupTakesItsInterval() {
    exhaust();
    for (int i = 0; i < 100; i++) {
      nanos.addAndGet(GroupCommitPacer.INTERVAL_NANOS);
      assertThat(pacer.left()).isZero();
      pacer.await(() -> false);
      assertThat(pacer.left()).isEqualTo(GroupCommitPacer.INTERVAL_NANOS);
    }
  }

  @Test
  void restGivesTheBurstBackAndNoMore() {
    exhaust();
    nanos.addAndGet(1_000 * GroupCommitPacer.INTERVAL_NANOS);
    exhaust();
    assertThat(pacer.left()).isEqualTo(GroupCommitPacer.INTERVAL_NANOS);
  }

  @Test
  void whoHasCompanyEnoughDoesNotWait() {
    exhaust();
    pacer.await(() -> true);
    assertThat(pacer.left()).isEqualTo(2 * GroupCommitPacer.INTERVAL_NANOS);
  }

  private void exhaust() {
    for (int i = 0; i < GroupCommitPacer.BURST; i++) {
      pacer.await(() -> false);
    }
  }
}
