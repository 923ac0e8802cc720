package io.ovation.dispatch.comments;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static io.ovation.dispatch.DispatchFixture.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.store.ScriptedStore.Call;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.EventBatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From a delivery to its ack: the order of things, and what an ack may cover. */
class CommentPipelineTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final CommentPipeline pipeline = pipeline(f.context(0));

  private CommentPipeline pipeline(DispatchContext context) {
    return new CommentPipeline(
        context,
        0,
        1,
        routes,
        new StreamOffsets(context.storeMicros()),
        new Outboxes(context, 0, 1, f.guard),
        new FailingItem(),
        f.guard);
  }

  @BeforeEach
  void open() {
    pipeline.open(new QueueName("comments", Lane.NORMAL, 0));
  }

  private List<String> ids(List<Sent> messages) {
    return messages.stream()
        .flatMap(m -> ((EventBatch) m.body()).getSegmentsList().stream())
        .flatMap(segment -> segment.getEventsList().stream())
        .map(Event::getId)
        .toList();
  }

  private static List<String> ids(Call append) {
    return append.appends().stream().map(Append::id).toList();
  }

  @Test
  void aBatchIsAckedWhenItIsInHistoryAndItsNodesHaveAnswered() {
    routes.add("s", "node-a");
    routes.add("s", "node-b");
    pipeline.deliver(List.of(f.comment("s", "c1"), f.comment("s", "c2")));
    assertThat(f.time.take(EventBatch.class)).isEmpty();
    f.store.take("append").append(0);
    List<Sent> sent = f.time.take(EventBatch.class);
    assertThat(sent)
        .extracting(Sent::address)
        .containsExactlyInAnyOrder("ovation.supervise.node-a", "ovation.supervise.node-b");
    assertThat(ids(sent)).containsExactly("c1", "c2", "c1", "c2");
    sent.get(0).answer(ACCEPTED);
    assertThat(f.acked).isEmpty();
    sent.get(1).answer(ACCEPTED);
    assertThat(f.acked).containsExactly(2L);
  }

  @Test
  void aBatchIsSentBeforeItIsPublishedAndAckedAfterwards() {
    List<Promise<Void>> confirms = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    List<JsonObject> published = new ArrayList<>();
    f.exchange =
        (key, id, json) -> {
          keys.add(key);
          ids.add(id);
          published.add(new JsonObject(Buffer.buffer(json)));
          confirms.add(Promise.promise());
          return confirms.get(confirms.size() - 1).future();
        };
    CommentPipeline publishing = pipeline(f.context(0));
    publishing.open(new QueueName("comments", Lane.NORMAL, 0));
    routes.add("s", "node-a");
    publishing.deliver(List.of(f.comment("s", "c1"), f.comment("s", "c2")));
    f.store.take("append").append(0);
    f.time.take(EventBatch.class).get(0).answer(ACCEPTED);
    assertThat(keys).containsExactly("accepted.s", "accepted.s");
    assertThat(ids).doesNotHaveDuplicates();
    JsonObject first = published.get(0);
    assertThat(first.getString("id")).isEqualTo(ids.get(0)).startsWith("here/s/");
    assertThat(first.getString("kind")).isEqualTo("accepted");
    assertThat(first.getJsonObject("event").getString("id")).isEqualTo("c1");
    confirms.get(0).complete();
    assertThat(f.acked).isEmpty();
    // One that fails is published again, with the same id.
    confirms.get(1).fail("lost");
    f.time.pass(1_000);
    assertThat(ids).hasSize(3);
    assertThat(ids.get(2)).isEqualTo(ids.get(1));
    assertThat(f.acked).isEmpty();
    confirms.get(2).complete();
    assertThat(f.acked).containsExactly(2L);
  }

  @Test
  void anExchangeThatStaysAwayHoldsUpAcksOnceAndForALimitedTime() {
    f.exchange = (key, id, json) -> Future.failedFuture("away");
    CommentPipeline publishing = pipeline(f.context(0));
    publishing.open(new QueueName("comments", Lane.NORMAL, 0));
    publishing.deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").append(0);
    f.time.pass(9_000);
    assertThat(f.acked).isEmpty();
    f.time.pass(3_000);
    assertThat(f.acked).containsExactly(1L);
    publishing.deliver(List.of(f.comment("s", "c2")));
    f.store.take("append").append(0);
    assertThat(f.acked).containsExactly(1L, 2L);
    assertThat(f.metrics.scrape()).contains("ovation_publish_lost_total 2.0");
  }

  @Test
  void deliveriesGatherWhileAnAppendIsUnderWay() {
    pipeline.deliver(List.of(f.comment("s", "c1")));
    pipeline.deliver(List.of(f.comment("s", "c2")));
    pipeline.deliver(List.of(f.comment("s", "c3")));
    f.store.take("append").append(0);
    assertThat(ids(f.store.take("append"))).containsExactly("c2", "c3");
  }

  @Test
  void aBatchIsNotAckedBeforeOneThatWasDeliveredEarlier() {
    routes.add("slow", "node-a");
    pipeline.deliver(List.of(f.comment("slow", "c1")));
    f.store.take("append").append(0);
    pipeline.deliver(List.of(f.comment("t", "c2")));
    f.store.take("append").append(0);
    assertThat(f.acked).isEmpty();
    f.time.take(EventBatch.class).get(0).answer(ACCEPTED);
    assertThat(f.acked).containsExactly(2L);
  }

  @Test
  void aCommentThatWasDeletedBeforeItWasSentIsAckedAndSentToNobody() {
    routes.add("s", "node-a");
    pipeline.deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").answer(List.of(new Appended(7, 0, true, true)));
    assertThat(f.time.take(EventBatch.class)).isEmpty();
    assertThat(f.acked).containsExactly(1L);
  }

  @Test
  void aBatchIsNotAckedBeforeItsPoisonIsDeadLettered() {
    pipeline.deliver(List.of(f.poison(), f.comment("s", "c1")));
    f.store.take("append").append(0);
    assertThat(f.acked).isEmpty();
    f.deadLetters.get(0).done().fail("no answer");
    f.time.pass(1_000);
    assertThat(f.deadLetters).hasSize(2);
    f.deadLetters.get(1).done().complete();
    assertThat(f.acked).containsExactly(2L);
  }

  @Test
  void anyExceptionWhileDecodingDeadLettersThatItemAndKeepsTheRest() {
    pipeline.deliver(List.of(f.comment("s", "c1"), f.comment("s", "c2")));
    pipeline.deliver(List.of(f.comment("s", "c3")));
    f.wallClockBroken = true;
    f.store.take("append").append(0);
    f.wallClockBroken = false;
    pipeline.deliver(List.of(f.comment("s", "c4")));
    f.store.take("append").append(0);
    assertThat(f.deadLetters).hasSize(1);
    assertThat(f.deadLetters.get(0).tag()).isEqualTo(3);
    assertThat(f.deadLetters.get(0).reason()).contains("the clock is broken");
    assertThat(f.failures).isEmpty();
    assertThat(f.acked).containsExactly(2L);
    f.deadLetters.get(0).done().complete();
    assertThat(f.acked).containsExactly(2L, 4L);
  }

  @Test
  void whatThrowsFailsThePartitionAndNothingIsAcked() {
    f.store.breakMethod("append");
    pipeline.deliver(List.of(f.comment("s", "c1")));
    assertThat(f.failures).singleElement().isInstanceOf(IllegalStateException.class);
    pipeline.close();
    pipeline.pump();
    assertThat(f.acked).isEmpty();
    assertThat(f.closed).containsExactly("comments");
  }

  @Test
  void aNodeThatKnowsANewerEpochFailsThePartition() {
    routes.add("s", "node-a");
    pipeline.deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").append(0);
    f.time.take(EventBatch.class).get(0).answer(REFUSED);
    assertThat(f.failures).singleElement().isInstanceOf(StaleEpoch.class);
    assertThat(f.acked).isEmpty();
  }

  @Test
  void anAnswerWithinTheCallThatSendsDoesNotAckWhatOtherNodesHaveNotGot() {
    routes.add("s", "node-a");
    routes.add("s", "node-b");
    f.store.instantly("append", List.of(new Appended(5_000, 0, false)));
    f.time.answerNext(ACCEPTED);
    pipeline.deliver(List.of(f.comment("s", "c1")));
    List<Sent> sent = f.time.take(EventBatch.class);
    assertThat(sent).hasSize(2);
    assertThat(f.acked).isEmpty();
    sent.get(1).answer(ACCEPTED);
    assertThat(f.acked).containsExactly(1L);
    assertThat(f.failures).isEmpty();
  }

  @Test
  void resetForgetsWhatWaitsButNotWhatIsUnderWay() {
    pipeline.deliver(List.of(f.comment("s", "c1")));
    Delivery second = f.comment("s", "c2");
    pipeline.deliver(List.of(second));
    pipeline.reset();
    pipeline.deliver(List.of(DispatchFixture.redelivered(second)));
    f.store.take("append").append(0);
    assertThat(ids(f.store.take("append"))).containsExactly("c2");
    assertThat(f.store.count("append")).isEqualTo(2);
  }

  @Test
  void theRateHoldsDeliveriesBack() {
    CommentPipeline limited = pipeline(f.context(10));
    limited.open(new QueueName("comments", Lane.NORMAL, 0));
    List<Delivery> items = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      items.add(f.comment("s", "c" + i));
    }
    limited.deliver(items);
    for (int i = 0; i < 5; i++) {
      f.store.take("append").append(2 * i);
    }
    assertThat(f.store.waiting("append")).isZero();
    f.time.pass(100);
    assertThat(ids(f.store.take("append"))).containsExactly("c10");
  }
}
