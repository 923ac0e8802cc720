package io.ovation.dispatch.comments;

import static io.ovation.dispatch.comments.TestBatches.comment;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Hole;
import io.ovation.store.StoreRefused;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One stream that the store refuses with an error, beside others that it does not. */
class HistoryWriterTest {
  private static final StoreRefused WRONG_TYPE = new StoreRefused("WRONGTYPE");

  private final DispatchFixture f = new DispatchFixture();
  private final StreamOffsets offsets = new StreamOffsets(() -> 100);
  private final HistoryAppender appender =
      new HistoryAppender(f.context, 0, 7, offsets, f.guard, () -> {});

  private CommentBatch append(String badId, String goodId) {
    CommentBatch batch = TestBatches.of(comment("bad", badId), comment("good", goodId));
    appender.append(batch);
    return batch;
  }

  private static List<String> ids(Call append) {
    return append.appends().stream().map(Append::id).toList();
  }

  private CommentBatch refused() {
    CommentBatch batch = append("a", "b");
    for (int i = 0; i < HistoryWriter.LIMIT; i++) {
      f.store.take("append").fail(WRONG_TYPE);
      f.time.pass(100);
    }
    Call bad = f.store.take("append");
    Call good = f.store.take("append");
    assertThat(ids(bad)).containsExactly("a");
    assertThat(ids(good)).containsExactly("b");
    bad.fail(WRONG_TYPE);
    good.answer(List.of(new Appended(500, 400, false)));
    return batch;
  }

  @Test
  void aStreamThatTheStoreRefusesIsDeliveredWithoutItAndTheOthersGoOn() {
    CommentBatch batch = refused();
    assertThat(batch.ready()).isTrue();
    assertThat(batch.comments()).extracting(PendingEvent::offset).containsExactly(100L, 500L);
    assertThat(f.context.storeHealth().unavailable()).isFalse();
    assertThat(f.metric("ovation_dispatch_history_missing_total")).isEqualTo(1);
    CommentBatch next = append("c", "d");
    Call only = f.store.take("append");
    assertThat(ids(only)).containsExactly("d");
    only.answer(List.of(new Appended(501, 500, false)));
    assertThat(next.comments()).extracting(PendingEvent::offset).containsExactly(101L, 501L);
    assertThat(f.failures).isEmpty();
  }

  @Test
  void aStreamThatWasRefusedIsWrittenAgainAfterAWhile() {
    refused();
    f.time.pass(HistoryWriter.AGAIN_MS);
    CommentBatch batch = append("c", "d");
    Call both = f.store.take("append");
    assertThat(ids(both)).containsExactly("c", "d");
    both.answer(List.of(new Appended(600, 0, false), new Appended(601, 500, false)));
    assertThat(batch.ready()).isTrue();
  }

  @Test
  void anOutageIsNoRefusalHoweverOftenItIsTold() {
    append("a", "b");
    for (int i = 0; i < 2 * HistoryWriter.LIMIT; i++) {
      f.store.take("append").timeOut();
      f.time.pass(100);
    }
    assertThat(ids(f.store.take("append"))).containsExactly("a", "b");
  }

  @Test
  void aGapThatTheStoreRefusesIsForgottenAndTheOthersAreRecorded() {
    appender.lost("bad", 5, 6);
    appender.lost("good", 7, 8);
    appender.start();
    f.store.take("appendHoles").fail(WRONG_TYPE);
    f.store.take("appendHoles").fail(WRONG_TYPE);
    Call good = f.store.take("appendHoles");
    assertThat(good.arguments.get(2)).isEqualTo(Map.of("good", new Hole(7, 8)));
    good.done();
    assertThat(f.context.storeHealth().unavailable()).isFalse();
    assertThat(f.metric("ovation_dispatch_history_gaps_unrecorded_total")).isEqualTo(1);
    assertThat(f.store.waiting("appendHoles")).isZero();
  }
}
