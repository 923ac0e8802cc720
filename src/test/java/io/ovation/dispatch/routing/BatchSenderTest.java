package io.ovation.dispatch.routing;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static io.ovation.dispatch.DispatchFixture.REFUSED;
import static io.ovation.dispatch.comments.TestBatches.comment;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.dispatch.comments.OffsetProposer;
import io.ovation.dispatch.comments.TestBatches;
import io.ovation.store.StaleEpoch;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.EventBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchSenderTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final OffsetProposer offsets = new OffsetProposer(() -> 0);
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
}
