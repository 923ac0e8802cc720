package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailingItemTest {
  private static final byte[] A = {1};
  private static final byte[] B = {2};
  private static final Exception CAUSE = new IllegalStateException("broken");

  private final FailingItem failing = new FailingItem();

  @Test
  void twoFailuresWithTheSameFirstItemMakeItemsGoAloneUntilAllUnackedOnesHavePassed() {
    failing.failed(A, CAUSE, 2);
    failing.failed(B, CAUSE, 2);
    assertThat(failing.oneAtATime()).isFalse();
    failing.failed(B.clone(), CAUSE, 2);
    assertThat(failing.oneAtATime()).isTrue();
    failing.acked();
    assertThat(failing.oneAtATime()).isTrue();
    failing.acked();
    assertThat(failing.oneAtATime()).isFalse();
  }

  @Test
  void theThirdFailureWithTheSameFirstItemGivesItUp() {
    failing.failed(A, CAUSE, 2);
    failing.failed(A, CAUSE, 2);
    assertThat(failing.refusal(A)).isNull();
    failing.failed(A, CAUSE, 2);
    assertThat(failing.refusal(B)).isNull();
    assertThat(failing.refusal(A.clone())).contains("broken");
    failing.acked();
    assertThat(failing.refusal(A)).isNull();
  }

  @Test
  void anItemThatStoodInFrontOfTheCauseIsNotGivenUpOnceItIsAcked() {
    failing.failed(A, CAUSE, 2);
    failing.failed(A, CAUSE, 2);
    failing.acked();
    failing.failed(B, CAUSE, 2);
    failing.failed(B, CAUSE, 2);
    assertThat(failing.refusal(A)).isNull();
    assertThat(failing.refusal(B)).isNull();
    failing.failed(B, CAUSE, 2);
    assertThat(failing.refusal(B)).isNotNull();
  }
}
