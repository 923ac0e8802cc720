package io.ovation.dispatch.comments;

import static io.ovation.dispatch.DispatchFixture.AWAY;
import static io.ovation.dispatch.comments.TestBatches.comment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Hole;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What waits for the store, how long, and what becomes of it when the store does not answer. */
class HistoryAppenderTest {
  private static final long EPOCH = 7;
  private static final long STORE_MICROS = 100;
  private long storeMicros = STORE_MICROS;
  private final DispatchFixture f = new DispatchFixture();
  private final StreamOffsets offsets = new StreamOffsets(() -> storeMicros);
  private int progress;
  private final HistoryAppender appender =
      new HistoryAppender(f.context, 0, EPOCH, offsets, f.guard, () -> progress++);

  private CommentBatch append(String... ids) {
    CommentBatch batch =
        TestBatches.of(Stream.of(ids).map(id -> comment("s", id)).toArray(PendingEvent[]::new));
    appender.append(batch);
    return batch;
  }

  /** As the pipeline does with a batch that is ready. */
  private void send(CommentBatch batch) {
    assertThat(batch.ready()).isTrue();
    batch.comments().forEach(PendingEvent::markSent);
    batch.markSent();
    appender.sent(batch);
  }

  private static long offset(CommentBatch batch) {
    return batch.comments().get(0).offset();
  }

  private void storeAnswersAgain() {
    f.store.take("ping").done();
  }

  @Test
  void batchesAreAppendedOneAfterTheOther() {
    CommentBatch first = append("a");
    CommentBatch second = append("b");
    assertThat(f.store.waiting("append")).isEqualTo(1);
    f.store.take("append").append(5);
    assertThat(first.ready()).isTrue();
    assertThat(first.comments().get(0).previous()).isEqualTo(5);
    assertThat(second.held()).isTrue();
    f.store.take("append").append(6);
    assertThat(second.ready()).isTrue();
    assertThat(progress).isEqualTo(2);
  }

  @Test
  void theStoreAssignsTheOffset() {
    CommentBatch batch = append("a");
    Call call = f.store.take("append");
    call.answer(List.of(new Appended(500, 400, false)));
    assertThat(offset(batch)).isEqualTo(500);
  }

  @Test
  void aStoreThatLostEventsAndWhoseClockIsBehindIsCorrected() {
    offsets.raise("s", 500); // Viewers have received it.
    CommentBatch batch = append("known", "b");
    f.store
        .take("append")
        .answer(List.of(new Appended(450, 440, true), new Appended(100, 50, false)));
    assertThat(batch.ready()).isTrue();
    assertThat(batch.comments()).extracting(PendingEvent::offset).containsExactly(450L, 502L);
    send(batch);
    assertThat(f.store.take("append").appends())
        .extracting(Append::id, Append::proposed, Append::delivered)
        .contains(tuple("b", 502L, true));
  }

  @Test
  void aSlowStoreHoldsDeliveryUntilItCountsAsUnavailable() {
    CommentBatch batch = append("a");
    f.time.pass(AWAY.toMillis() - 1);
    assertThat(batch.held()).isTrue();
    f.time.pass(1);
    assertThat(batch.ready()).isTrue();
    assertThat(offset(batch)).isEqualTo(STORE_MICROS);
  }

  /** Viewers that resume meanwhile read them from history. */
  @Test
  void anAppendThatTakesEffectAfterAllPutsEventsWhereViewersHaveReceivedThem() {
    offsets.raise("s", 60);
    CommentBatch batch = append("a", "b");
    List<Append> late = f.store.take("append").appends();
    assertThat(late).extracting(Append::proposed).containsExactly(100L, 101L);
    storeMicros = 5_000;
    f.context.storeHealth().declareUnavailable();
    assertThat(batch.comments()).extracting(PendingEvent::offset).containsExactly(100L, 101L);
    assertThat(offset(append("c"))).isEqualTo(5_000);
  }

  @Test
  void withoutTheStoreOffsetsFollowTheLastOnesKnown() {
    append("a");
    f.store.take("append").answer(List.of(new Appended(500, 400, false)));
    f.context.storeHealth().declareUnavailable();
    assertThat(offset(append("b"))).isEqualTo(501);
    assertThat(offset(append("c"))).isEqualTo(502);
  }

  @Test
  void whatAnEarlierOwnerHasJustSentKeepsItsOffset() {
    offsets.sentBefore(Map.of(comment("s", "a").identity(), new Appended(60, 50, true)));
    f.context.storeHealth().declareUnavailable();
    CommentBatch again = append("a");
    assertThat(offset(again)).isEqualTo(60);
    assertThat(again.comments().get(0).previous()).isEqualTo(50);
    assertThat(offset(append("b"))).isEqualTo(STORE_MICROS);
    storeMicros += TimeUnit.MINUTES.toMicros(1) + 1;
    assertThat(offset(append("a"))).as("its user wrote it again").isEqualTo(storeMicros);
  }

  @Test
  void aFailedAppendIsRepeated() {
    CommentBatch batch = append("a");
    f.store.take("append").timeOut();
    assertThat(f.store.waiting("append")).isZero();
    f.time.pass(100);
    f.store.take("append").append(0);
    assertThat(batch.ready()).isTrue();
  }

  @Test
  void thirdAppendTimesOutSucceedsLateAndTheEpochIsStaleByThen() {
    CommentBatch batch = append("a");
    f.store.take("append").timeOut();
    f.time.pass(100);
    f.store.take("append").timeOut();
    f.time.pass(100);
    Call third = f.store.take("append");
    f.time.pass(AWAY.toMillis());
    send(batch);
    third.append(0); // Too late: nobody waits for it.
    storeAnswersAgain();
    f.store.take("append").fail(new StaleEpoch(0, EPOCH));
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
  }

  @Test
  void aStaleEpochFailsThePartitionAndReleasesNothing() {
    CommentBatch batch = append("a");
    f.store.take("append").fail(new StaleEpoch(0, EPOCH));
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
    assertThat(batch.held()).isTrue();
  }

  @Test
  void whatWasSentWithoutTheStoreIsWrittenAtTheSameOffsetsBeforeAnythingElse() {
    CommentBatch first = append("a");
    f.store.take("append"); // Never answered, but it may take effect.
    f.time.pass(AWAY.toMillis());
    send(first);
    CommentBatch second = append("b");
    send(second);
    assertThat(second.done()).isTrue();
    storeAnswersAgain();
    CommentBatch third = append("c");
    Call delivered = f.store.take("append");
    assertThat(delivered.appends())
        .extracting(Append::id, Append::proposed, Append::delivered)
        .containsExactly(tuple("a", offset(first), true), tuple("b", offset(second), true));
    assertThat(third.held()).isTrue();
    delivered.append(0);
    Call next = f.store.take("append");
    assertThat(next.appends())
        .extracting(Append::id, Append::delivered)
        .containsExactly(tuple("c", false));
    next.append(offset(second));
    assertThat(third.ready()).isTrue();
  }

  @Test
  void aBatchBehindOneThatSkippedHistoryIsNotAppendedBeforeThatOneIsSent() {
    f.context.storeHealth().declareUnavailable();
    CommentBatch unsent = append("a");
    storeAnswersAgain();
    append("b");
    assertThat(f.store.waiting("append")).isZero();
    send(unsent);
    f.store.take("append").append(0);
    assertThat(f.store.take("append").appends()).extracting(Append::id).containsExactly("b");
  }

  @Test
  void deliveryGoesOnWhileMuchIsWrittenAfterAnOutage() {
    f.context.storeHealth().declareUnavailable();
    String[] ids =
        IntStream.range(0, 2 * HistoryAppender.CHUNK).mapToObj(i -> "c" + i).toArray(String[]::new);
    send(append(ids));
    storeAnswersAgain();
    CommentBatch meanwhile = append("x");
    assertThat(meanwhile.ready()).isTrue();
    send(meanwhile);
    f.store.take("append").append(0);
    f.store.take("append").append(0);
    CommentBatch last = append("y");
    assertThat(last.held()).isTrue();
    assertThat(f.store.take("append").appends()).extracting(Append::id).containsExactly("x");
  }

  @Test
  void aCommentThatAnEarlierOwnerDeliveredKeepsItsOffset() {
    appender.delivered(new Append("s", "u", "a", 770, new byte[1], true));
    appender.start();
    f.store.take("append").timeOut();
    f.context.storeHealth().declareUnavailable();
    assertThat(offset(append("a"))).isEqualTo(770);
    assertThat(offset(append("b"))).isEqualTo(771);
  }

  @Test
  void aStoreThatLostConfirmedEventsIsToldHowFarItHadCome() {
    append("a");
    Call first = f.store.take("append");
    assertThat(first.confirmed()).isEmpty();
    first.answer(List.of(new Appended(500, 400, false)));
    append("b");
    Call second = f.store.take("append");
    assertThat(second.confirmed()).isEqualTo(Map.of("s", 500L));
    second.answer(List.of(new Appended(600, 300, false)));
    assertThat(f.metric("ovation_dispatch_store_losses_total")).isEqualTo(1);
    assertThat(f.store.waiting("appendHoles")).isZero();
  }

  @Test
  void whatTheStoreLostWhileItWasAwayIsNoticedWithTheFirstThatWasDeliveredMeanwhile() {
    append("a");
    f.store.take("append").answer(List.of(new Appended(500, 400, false)));
    f.context.storeHealth().declareUnavailable();
    send(append("b"));
    storeAnswersAgain();
    Call delivered = f.store.take("append");
    assertThat(delivered.confirmed()).isEqualTo(Map.of("s", 500L));
    delivered.answer(List.of(new Appended(501, 300, false)));
    assertThat(f.metric("ovation_dispatch_store_losses_total")).isEqualTo(1);
    append("c");
    assertThat(f.store.take("append").confirmed()).isEqualTo(Map.of("s", 501L));
  }

  /** An earlier owner's append, which the store had lost events before. */
  private CommentBatch knownAfterALoss() {
    offsets.stored("s", 500);
    CommentBatch batch = append("b");
    f.store.take("append").answer(List.of(new Appended(600, 0, true)));
    return batch;
  }

  /** An owner that dies in between must leave a store that shows the next one what is missing. */
  @Test
  void aBatchIsSentWhenTheGapsOfItsStreamsAreRecorded() {
    CommentBatch batch = knownAfterALoss();
    assertThat(batch.held()).isTrue();
    Call gap = f.store.take("appendHoles");
    assertThat(gap.arguments).endsWith(Map.of("s", new Hole(1, 500)));
    gap.done();
    assertThat(batch.ready()).isTrue();
    assertThat(batch.skipsHistory()).isFalse();
  }

  @Test
  void otherStreamsDoNotWaitForAGap() {
    CommentBatch batch = append("a");
    appender.lost("other", 1, 500);
    f.store.take("append").append(0);
    assertThat(batch.ready()).isTrue();
  }

  @Test
  void aBatchThatWaitsForAGapIsSentIfTheStoreGoesAway() {
    CommentBatch batch = knownAfterALoss();
    f.store.take("appendHoles").timeOut();
    assertThat(batch.ready()).isTrue();
    assertThat(batch.skipsHistory()).isFalse();
  }

  @Test
  void aStoreThatFailsWhileDeliveriesAreWrittenIsUnavailableAgainAndNothingIsForgotten() {
    f.context.storeHealth().declareUnavailable();
    send(append("a"));
    storeAnswersAgain();
    f.store.take("append");
    f.time.pass(AWAY.toMillis());
    assertThat(f.context.storeHealth().unavailable()).isTrue();
    storeAnswersAgain();
    assertThat(f.store.take("append").appends()).extracting(Append::id).containsExactly("a");
  }

  @Test
  void beyondTheBoundTheOldestDeliveriesBecomeAGap() {
    f.context.storeHealth().declareUnavailable();
    String[] ids =
        IntStream.range(0, WriteBehindBuffer.EVENTS + 5)
            .mapToObj(i -> "c" + i)
            .toArray(String[]::new);
    send(append(ids));
    assertThat(f.metric("ovation_dispatch_history_missing_total")).isEqualTo(5);
    storeAnswersAgain();
    assertThat(f.store.take("appendHoles").arguments)
        .endsWith(Map.of("s", new Hole(STORE_MICROS, STORE_MICROS + 4)));
  }

  @Test
  void afterItIsClosedNothingIsWritten() {
    f.context.storeHealth().declareUnavailable();
    send(append("a"));
    appender.close();
    storeAnswersAgain();
    assertThat(f.store.waiting("append")).isZero();
  }

  @Test
  void anAnswerWithoutSenseFailsThePartition() {
    append("a");
    f.store.take("append").answer(List.of(new Appended(10, 0, false), new Appended(11, 10, false)));
    assertThat(f.failures).singleElement().isInstanceOf(IndexOutOfBoundsException.class);
  }
}
