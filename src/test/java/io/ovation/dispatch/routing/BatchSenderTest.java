package io.ovation.dispatch.routing;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static io.ovation.dispatch.DispatchFixture.REFUSED;
import static io.ovation.dispatch.comments.TestBatches.comment;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.dispatch.comments.PendingEvent;
import io.ovation.dispatch.comments.StreamOffsets;
import io.ovation.dispatch.comments.TestBatches;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Appended;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.EventBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchSenderTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final StreamOffsets offsets = new StreamOffsets(() -> 0);
  private int answers;
  private final BatchSender sender =
      new BatchSender(f.context, 3, 7, routes, offsets, f.guard, () -> answers++);

  private List<Sent> sent() {
    return f.time.take(EventBatch.class);
  }

  private static EventBatch batch(Sent message) {
    return (EventBatch) message.body();
  }

  private boolean send(String id, long offset) {
    return sender.send(TestBatches.of(comment("s", id, offset)));
  }

  @Test
  void eachNodeGetsOneMessageWithTheStreamsThatItHas() {
    routes.add("s", "a");
    routes.add("t", "a");
    routes.add("t", "b");
    sender.send(
        TestBatches.of(
            comment("s", "c1", 10),
            comment("t", "c2", 11),
            comment("none", "c3", 12),
            comment("s", "c4", 13)));
    List<Sent> sent = sent();
    assertThat(sent).hasSize(2);
    EventBatch toA =
        batch(sent.stream().filter(m -> m.address().endsWith(".a")).findFirst().orElseThrow());
    assertThat(toA.getPartition()).isEqualTo(3);
    assertThat(toA.getEpoch()).isEqualTo(7);
    assertThat(toA.getNumber()).isEqualTo(1);
    assertThat(toA.getSegmentsList()).extracting(s -> s.getStream()).containsExactly("s", "t");
    assertThat(toA.getSegments(0).getEventsList())
        .extracting(Event::getOffset)
        .containsExactly(10L, 13L);
    assertThat(f.metric("ovation_dispatch_events_total")).isEqualTo(4);
  }

  @Test
  void anotherNodeKeepsWhatHistoryLacksAlsoIfItHasNoViewersOfTheStream() {
    routes.add("t", "b");
    routes.add("mine", f.context.cluster().self());
    CommentBatch batch = TestBatches.of(comment("s", "c1", 10), comment("mine", "c2", 11));
    TestBatches.skipHistory(batch);
    sender.send(batch);
    EventBatch kept =
        sent().stream()
            .filter(m -> m.address().endsWith(".b"))
            .map(BatchSenderTest::batch)
            .findFirst()
            .orElseThrow();
    assertThat(kept.getUnsaved()).isTrue();
    assertThat(kept.getSegmentsList()).extracting(s -> s.getStream()).containsExactly("s", "mine");
  }

  @Test
  void whatHistoryHasIsSentToNodesWithViewersOnly() {
    routes.add("t", "b");
    send("c1", 10);
    assertThat(sent()).isEmpty();
  }

  @Test
  void aSegmentNamesTheOffsetBeforeIt() {
    routes.add("s", "a");
    send("c1", 10);
    send("c2", 20);
    assertThat(sent())
        .extracting(m -> batch(m).getSegments(0).getPrevious())
        .containsExactly(0L, 10L);
  }

  @Test
  void whatWasSentIsNotSentAgainUnderAnyOffset() {
    routes.add("s", "a");
    send("c1", 10);
    send("c1", 20);
    send("old", 5);
    assertThat(sent()).hasSize(1);
    assertThat(f.metric("ovation_dispatch_duplicates_total")).isEqualTo(2);
  }

  @Test
  void aFullWindowHoldsTheBatchUntilThatNodeAnswers() {
    routes.add("s", "a");
    assertThat(send("c1", 1)).isTrue();
    assertThat(send("c2", 2)).isTrue();
    assertThat(send("c3", 3)).isFalse();
    List<Sent> sent = sent();
    assertThat(sent).hasSize(2);
    sent.get(0).answer(ACCEPTED);
    assertThat(answers).isEqualTo(1);
    assertThat(send("c3", 3)).isTrue();
  }

  @Test
  void aNodeThatDoesNotAnswerIsSuspendedAndNothingWaitsForIt() {
    routes.add("s", "a");
    CommentBatch batch = TestBatches.of(comment("s", "c1", 1));
    sender.send(batch);
    assertThat(TestBatches.answered(batch)).isFalse();
    sent().get(0).fail();
    assertThat(TestBatches.answered(batch)).isTrue();
    assertThat(routes.node("a").suspended()).isTrue();
    send("c2", 2);
    assertThat(sent()).isEmpty();
    assertThat(f.metric("ovation_dispatch_suspensions_total")).isEqualTo(1);
  }

  @Test
  void anAnswerAfterTheSuspensionChangesNothing() {
    routes.add("s", "a");
    CommentBatch batch = TestBatches.of(comment("s", "c1", 1));
    sender.send(batch);
    send("c2", 2);
    List<Sent> sent = sent();
    sent.get(1).fail();
    sent.get(0).answer(ACCEPTED);
    assertThat(TestBatches.answered(batch)).isTrue();
  }

  @Test
  void aRefusalFailsThePartition() {
    routes.add("s", "a");
    send("c1", 1);
    sent().get(0).answer(REFUSED);
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
    assertThat(answers).isZero();
  }

  @Test
  void aNodeThatIsAlwaysALittleTooSlowIsSuspendedToo() {
    routes.add("s", "slow");
    int offset = 1;
    for (int cycle = 0; cycle < 2; cycle++) {
      assertThat(send("c" + offset, offset++)).isTrue();
      assertThat(send("c" + offset, offset++)).isTrue();
      List<Sent> full = sent();
      assertThat(send("waits", offset)).isFalse();
      f.time.pass(1_400);
      if (cycle == 0) {
        full.forEach(message -> message.answer(ACCEPTED));
      }
    }
    assertThat(send("waits", offset)).isTrue();
    assertThat(routes.node("slow").suspended()).isTrue();
    assertThat(sent()).isEmpty();
  }

  @Test
  void aNodeThatWasSlowOnceIsForgiven() {
    routes.add("s", "slow");
    for (int minute = 0; minute < 3; minute++) {
      assertThat(send("a" + minute, 10 * minute + 1)).isTrue();
      assertThat(send("b" + minute, 10 * minute + 2)).isTrue();
      List<Sent> full = sent();
      assertThat(send("waits", 10 * minute + 3)).isFalse();
      f.time.pass(1_400);
      full.forEach(message -> message.answer(ACCEPTED));
      f.time.pass(60_000);
    }
    assertThat(routes.node("slow").suspended()).isFalse();
  }

  @Test
  void theOffsetBeforeIsTheLastSentEvenIfTheStoreKnowsALaterOne() {
    routes.add("s", "a");
    send("c1", 10);
    PendingEvent next = comment("s", "c2");
    next.appended(new Appended(30, 20, false));
    sender.send(TestBatches.of(next));
    assertThat(batch(sent().get(1)).getSegments(0).getPrevious()).isEqualTo(10);
  }

  @Test
  void aRetriedCommentOfAnEarlierOwnerDoesNotMoveTheStreamBack() {
    routes.add("s", "a");
    PendingEvent retried = comment("s", "old");
    retried.appended(new Appended(100, 90, true));
    sender.send(TestBatches.of(retried));
    assertThat(offsets.lastSent("s")).isZero();
  }

  @Test
  void aBatchThatHistoryLacksSaysSo() {
    routes.add("s", "a");
    CommentBatch batch = TestBatches.of(comment("s", "c1", 10));
    TestBatches.skipHistory(batch);
    sender.send(batch);
    assertThat(batch(sent().get(0)).getUnsaved()).isTrue();
  }
}
