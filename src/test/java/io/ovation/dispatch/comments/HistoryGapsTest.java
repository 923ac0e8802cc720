package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.ScriptedStore;
import io.vertx.core.Future;
import org.junit.jupiter.api.Test;

class HistoryGapsTest {
  private final ScriptedStore store = new ScriptedStore();
  private final HistoryGaps gaps = new HistoryGaps();

  @Test
  void aStreamsOffsetsBecomeOneRange() {
    gaps.add("s", 20);
    gaps.add("s", 10);
    gaps.add("s", 15);
    gaps.record(store, 3, 7);
    assertThat(store.take("appendHole").arguments).containsExactly(3, 7L, "s", 10L, 20L);
  }

  @Test
  void whatWasNotWrittenIsKept() {
    gaps.add("s", 1);
    gaps.add("t", 2);
    Future<Void> recorded = gaps.record(store, 0, 1);
    store.take("appendHole").done();
    assertThat(store.waiting("appendHole")).isEqualTo(1);
    store.take("appendHole").timeOut();
    assertThat(recorded.failed()).isTrue();
    assertThat(gaps.size()).isEqualTo(1);
  }

  @Test
  void aGapThatGrowsWhileItIsWrittenIsWrittenAgain() {
    gaps.add("s", 1);
    Future<Void> recorded = gaps.record(store, 0, 1);
    gaps.add("s", 2);
    store.take("appendHole").done();
    assertThat(recorded.isComplete()).isFalse();
    assertThat(store.take("appendHole").arguments).endsWith(1L, 2L);
  }

  @Test
  void beyondTheBoundAStreamIsRefusedAndAllAreWritten() {
    for (int i = 0; i < 50_000; i++) {
      assertThat(gaps.add("s" + i, i)).isTrue();
    }
    assertThat(gaps.add("one more", 1)).isFalse();
    assertThat(gaps.add("s1", 2)).isTrue();
    Future<Void> recorded = gaps.record(store, 0, 1);
    while (store.waiting("appendHole") > 0) {
      store.take("appendHole").done();
    }
    assertThat(recorded.succeeded()).isTrue();
    assertThat(gaps.size()).isZero();
  }
}
