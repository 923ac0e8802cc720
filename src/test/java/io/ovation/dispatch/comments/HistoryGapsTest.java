package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.store.ScriptedStore;
import io.ovation.store.Store.Hole;
import io.vertx.core.Future;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HistoryGapsTest {
  private final ScriptedStore store = new ScriptedStore();
  private final HistoryGaps gaps = new HistoryGaps();

  @Test
  void aStreamsOffsetsBecomeOneRange() {
    gaps.add("s", 20, 20);
    gaps.add("s", 10, 12);
    gaps.add("s", 15, 15);
    gaps.record(store, 3, 7, HistoryGaps.CHUNK);
    assertThat(store.take("appendHoles").arguments)
        .containsExactly(3, 7L, Map.of("s", new Hole(10, 20)));
  }

  @Test
  void whatWasNotWrittenIsKept() {
    gaps.add("s", 1, 1);
    gaps.add("t", 2, 2);
    Future<Void> recorded = gaps.record(store, 0, 1, HistoryGaps.CHUNK);
    store.take("appendHoles").timeOut();
    assertThat(recorded.failed()).isTrue();
    assertThat(gaps.size()).isEqualTo(2);
  }

  @Test
  void aGapThatGrowsWhileItIsWrittenIsWrittenAgain() {
    gaps.add("s", 1, 1);
    gaps.record(store, 0, 1, HistoryGaps.CHUNK);
    gaps.add("s", 2, 2);
    store.take("appendHoles").done();
    gaps.record(store, 0, 1, HistoryGaps.CHUNK);
    assertThat(store.take("appendHoles").arguments).endsWith(Map.of("s", new Hole(1, 2)));
  }

  @Test
  void beyondTheBoundAStreamIsRefusedAndAllAreWrittenInAHundredCalls() {
    for (int i = 0; i < 50_000; i++) {
      assertThat(gaps.add("s" + i, i, i)).isTrue();
    }
    assertThat(gaps.add("one more", 1, 1)).isFalse();
    assertThat(gaps.add("s1", 2, 2)).isTrue();
    int calls = 0;
    while (gaps.size() > 0) {
      gaps.record(store, 0, 1, HistoryGaps.CHUNK);
      store.take("appendHoles").done();
      calls++;
    }
    assertThat(calls).isEqualTo(100);
  }
}
