package io.ovation.dispatch.comments;

import static io.ovation.dispatch.DispatchFixture.AWAY;
import static io.ovation.dispatch.DispatchFixture.PATIENCE;
import static io.ovation.dispatch.comments.TestBatches.comment;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Appended;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What waits for the store, how long, and what becomes of it when the store does not answer. */
class HistoryAppenderTest {
  private static final long EPOCH = 7;
  private final DispatchFixture f = new DispatchFixture();
  private final OffsetProposer offsets = new OffsetProposer(() -> 0);
  private int progress;
  private final HistoryAppender appender =
      new HistoryAppender(f.context, 0, EPOCH, offsets, f.guard, () -> progress++);

  private CommentBatch append(CommentBatch batch) {
    appender.append(batch);
    return batch;
  }

  private CommentBatch append(String id, long offset) {
    return append(TestBatches.of(comment("s", id, offset)));
  }

  /** As the pipeline does with a batch that is ready. */
  private void send(CommentBatch batch) {
    assertThat(batch.ready()).isTrue();
    batch.comments().forEach(PendingComment::markSent);
    batch.markSent();
    appender.sent(batch);
  }

  @Test
  void batchesAreAppendedOneAfterTheOther() {
    CommentBatch first = append("a", 10);
    CommentBatch second = append("b", 11);
    assertThat(f.store.waiting("append")).isEqualTo(1);
    f.store.take("append").append(5);
    assertThat(first.ready()).isTrue();
    assertThat(first.comments().get(0).previous()).isEqualTo(5);
    assertThat(second.held()).isTrue();
    f.store.take("append").append(10);
    assertThat(second.ready()).isTrue();
    assertThat(progress).isEqualTo(2);
  }

  @Test
  void theStoresOffsetCountsIfTheBatchWasNotSent() {
    CommentBatch batch = append("a", 10);
    f.store.take("append").answer(List.of(new Appended(500, 400, false)));
    assertThat(batch.comments().get(0).offset()).isEqualTo(500);
    assertThat(offsets.next("s")).isEqualTo(501);
  }

  @Test
  void afterThePatienceBatchesAreReleasedButNotARedeliveredOneNorThoseBehindIt() {
    CommentBatch first = append("a", 10);
    CommentBatch redelivered = append(TestBatches.redelivered(comment("s", "b", 11)));
    CommentBatch behind = append("c", 12);
    f.time.pass(PATIENCE.toMillis() - 1);
    assertThat(first.held()).isTrue();
    f.time.pass(1);
    assertThat(first.ready()).isTrue();
    assertThat(redelivered.held()).isTrue();
    assertThat(behind.held()).isTrue();
    assertThat(f.metric("ovation_dispatch_early_total")).isEqualTo(1);
  }

  @Test
  void aBatchThatArrivesAfterThePatienceIsReleasedAtOnceUpToABound() {
    append("a", 10);
    f.time.pass(PATIENCE.toMillis());
    List<CommentBatch> batches = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int from = 11 + i * 400;
      batches.add(
          append(
              TestBatches.of(
                  IntStream.range(from, from + 400)
                      .mapToObj(n -> comment("s", "c" + n, n))
                      .toArray(PendingComment[]::new))));
    }
    assertThat(batches).extracting(CommentBatch::ready).containsExactly(true, true, false);
  }

  @Test
  void aFailedAppendIsRepeated() {
    CommentBatch batch = append("a", 10);
    f.store.take("append").timeOut();
    assertThat(f.store.waiting("append")).isZero();
    f.time.pass(100);
    f.store.take("append").append(0);
    assertThat(batch.ready()).isTrue();
  }

  @Test
  void thirdAppendTimesOutSucceedsLateAndTheEpochIsStaleByThen() {
    CommentBatch batch = append("a", 10);
    f.store.take("append").timeOut();
    f.time.pass(100);
    f.store.take("append").timeOut();
    f.time.pass(100);
    Call third = f.store.take("append");
    f.time.pass(AWAY.toMillis());
    send(batch);
    third.append(0); // Too late: nobody waits for it.
    f.store.take("ping").done();
    f.store.take("appendHole").fail(new StaleEpoch(0, EPOCH));
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
  }

  @Test
  void aStaleEpochFailsThePartitionAndReleasesNothing() {
    CommentBatch batch = append("a", 10);
    f.store.take("append").fail(new StaleEpoch(0, EPOCH));
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
    assertThat(batch.held()).isTrue();
  }

  @Test
  void whatIsSentWithoutTheStoreIsRecordedAsAGapBeforeAnythingElse() {
    CommentBatch first = append("a", 10);
    f.time.pass(PATIENCE.toMillis());
    send(first);
    f.time.pass(AWAY.toMillis());
    CommentBatch second = append("b", 15);
    send(second);
    assertThat(second.done()).isTrue();
    f.store.take("ping").timeOut();
    f.time.pass(250);
    f.store.take("ping").done();
    append("c", 20);
    f.store.take("append").timeOut(); // The one from before, which nobody waits for.
    assertThat(f.store.waiting("append")).isZero();
    Call gap = f.store.take("appendHole");
    assertThat(gap.arguments).containsExactly(0, EPOCH, "s", 10L, 15L);
    gap.done();
    f.store.take("append").append(15);
    assertThat(f.metric("ovation_dispatch_history_missing_total")).isEqualTo(2);
  }

  @Test
  void aStoreThatFailsWhileGapsAreRecordedIsUnavailableAgain() {
    f.context.storeHealth().declareUnavailable();
    send(append("a", 10));
    f.store.take("ping").done();
    f.store.take("appendHole").timeOut();
    assertThat(f.context.storeHealth().unavailable()).isTrue();
    f.store.take("ping").done();
    f.store.take("appendHole").done();
    assertThat(f.store.waiting("appendHole")).isZero();
  }

  @Test
  void closingForgetsEverythingAndCountsTheGapsThatTheStoreWillNeverKnow() {
    f.context.storeHealth().declareUnavailable();
    send(append("a", 10));
    appender.close();
    f.store.take("ping").done();
    assertThat(f.store.waiting("appendHole")).isZero();
    assertThat(f.metric("ovation_dispatch_history_gaps_unrecorded_total")).isEqualTo(1);
  }

  @Test
  void anAnswerWithoutSenseFailsThePartition() {
    append("a", 10);
    f.store.take("append").answer(List.of(new Appended(10, 0, false), new Appended(11, 10, false)));
    assertThat(f.failures).singleElement().isInstanceOf(IndexOutOfBoundsException.class);
  }
}
