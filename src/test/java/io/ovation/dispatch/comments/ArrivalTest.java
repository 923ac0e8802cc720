package io.ovation.dispatch.comments;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.OutboxItem;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Origin;
import io.ovation.wire.proto.EventBatch;
import io.ovation.wire.proto.Segment;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events of other regions on their way through this region's dispatcher. */
class ArrivalTest {
  private final DispatchFixture f = new DispatchFixture();
  private final RoutingTable routes = new RoutingTable();
  private final CommentPipeline pipeline = pipeline();

  private CommentPipeline pipeline() {
    f.regions = List.of("b");
    DispatchContext context = f.context(0);
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
    routes.add("s", "node");
    pipeline.open(new QueueName("comments", Lane.NORMAL, 0));
  }

  private static QueueItem.Builder item(String method) {
    return QueueItem.newBuilder().setService("ovation.live.Comments").setMethod(method);
  }

  private static ForwardedEvent comment(long offset, long previous) {
    CommentRequest comment =
        CommentRequest.newBuilder()
            .setStream("s")
            .setUser("u")
            .setText("t")
            .setId("c" + offset)
            .setAtMs(1_000_000)
            .build();
    return event(offset, previous, item("Comment").setPayload(comment.toByteString()).build());
  }

  private static ForwardedEvent event(long offset, long previous, QueueItem item) {
    return ForwardedEvent.newBuilder()
        .setStream("s")
        .setOffset(offset)
        .setPrevious(previous)
        .setItem(item.toByteString())
        .build();
  }

  private Delivery from(String region, ForwardedEvent... events) {
    return f.delivery(
        "ovation.live.Comments",
        "Arrive",
        ForwardedEvents.newBuilder()
            .setRegion(region)
            .addAllEvents(List.of(events))
            .build()
            .toByteString());
  }

  private static Appended fresh(long offset, long previous, boolean afterHole) {
    return new Appended(offset, previous, false, false, 0, afterHole);
  }

  private List<Segment> sent() {
    return f.time.take(EventBatch.class).stream()
        .peek(message -> message.answer(ACCEPTED))
        .flatMap(message -> ((EventBatch) message.body()).getSegmentsList().stream())
        .toList();
  }

  @Test
  void anEventOfAnotherRegionCarriesItsRegionAndIsAppendedByItsOrigin() {
    pipeline.deliver(List.of(from("b", comment(70, 60))));
    var append = f.store.take("append");
    Append appended = append.appends().get(0);
    assertThat(appended.origin()).isEqualTo(new Origin("b", 70, 60));
    append.answer(List.of(fresh(500, 400, false)));
    assertThat(sent().get(0).getEvents(0).getJson().toStringUtf8())
        .endsWith(",\"region\":\"b\",\"offset\":500}");
    assertThat(f.acked).hasSize(1);
  }

  @Test
  void whatArrivedIsNeverPutIntoAnOutbox() throws InvalidProtocolBufferException {
    Delivery own = f.comment("s", "mine");
    pipeline.deliver(List.of(from("b", comment(70, 0)), own));
    f.store
        .take("append")
        .answer(List.of(fresh(500, 0, false), new Appended(501, 500, false, false, 90, false)));
    sent();
    assertThat(f.published).hasSize(1);
    OutboxItem put = OutboxItem.parseFrom(f.published.get(0).item());
    assertThat(put.getRegion()).isEqualTo("here");
    assertThat(put.getEventsList())
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getOffset()).isEqualTo(501);
              assertThat(event.getPrevious()).isEqualTo(90);
            });
    assertThat(f.acked).isEmpty();
    f.published.get(0).confirm().complete();
    assertThat(f.acked).containsExactly(own.tag());
  }

  @Test
  void ofACommentThatWasDeletedBeforeItWasPutOtherRegionsGetThePlace() throws Exception {
    Delivery own = f.comment("s", "gone");
    pipeline.deliver(List.of(own));
    f.store.take("append").answer(List.of(new Appended(90, 80, true, true, 70, false)));
    assertThat(sent()).isEmpty();
    ForwardedEvent put = OutboxItem.parseFrom(f.published.get(0).item()).getEvents(0);
    assertThat(put.getOffset()).isEqualTo(90);
    assertThat(put.getPrevious()).isEqualTo(70);
    assertThat(put.getItem().isEmpty()).isTrue();
    assertThat(f.acked).isEmpty();
    f.published.get(0).confirm().complete();
    assertThat(f.acked).containsExactly(own.tag());
  }

  @Test
  void aBatchEndsAtItsSizeHoweverManyEventsAnItemHolds() {
    // Two in a batch.
    Delivery first = from("b", comment(1, 0), comment(2, 1), comment(3, 2));
    Delivery second = from("b", comment(4, 3));
    pipeline.deliver(List.of(first, second));
    assertThat(f.store.take("append").appends()).hasSize(3);
    assertThat(f.store.waiting("append")).isZero();
  }

  private static ForwardedEvent place(long offset, long previous) {
    return ForwardedEvent.newBuilder()
        .setStream("s")
        .setOffset(offset)
        .setPrevious(previous)
        .build();
  }

  @Test
  void thePlaceOfADeletedCommentArrivesAndIsNotShown() {
    pipeline.deliver(List.of(from("b", comment(70, 60), place(80, 70))));
    var append = f.store.take("append");
    assertThat(append.appends()).extracting(Append::absent).containsExactly(false, true);
    assertThat(append.appends().get(1).origin()).isEqualTo(new Origin("b", 80, 70));
    append.answer(List.of(fresh(500, 400, false), Appended.longAgo()));
    assertThat(sent()).hasSize(1);
    assertThat(f.acked).hasSize(1);
    assertThat(f.metric("ovation_region_duplicates_total")).isZero();
  }

  @Test
  void withoutTheStoreThePlaceOfADeletedCommentIsWrittenLater() {
    pipeline.deliver(List.of(from("b", comment(70, 60))));
    f.store.take("append").answer(List.of(fresh(500, 400, false)));
    sent();
    pipeline.deliver(List.of(from("b", place(80, 70), comment(90, 80))));
    f.store.take("append").timeOut();
    f.time.pass(DispatchFixture.AWAY.toMillis());
    List<Segment> sent = sent();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getPrevious()).isEqualTo(500);
    assertThat(f.metric("ovation_region_gaps_total")).isZero();
    while (f.store.waiting("append") > 0) {
      f.store.take("append"); // attempts that are over
    }
    f.time.pass(1_000);
    f.store.take("ping").done();
    assertThat(f.store.take("append").appends())
        .extracting(Append::absent, Append::delivered)
        .containsExactlyInAnyOrder(tuple(true, true), tuple(false, true));
  }

  @Test
  void whatFollowsAHoleBeginsASegmentOfItsOwn() {
    pipeline.deliver(List.of(from("b", comment(70, 60), comment(90, 80))));
    f.store.take("append").answer(List.of(fresh(500, 400, false), fresh(503, 502, true)));
    assertThat(sent()).extracting(Segment::getPrevious).containsExactly(400L, 502L);
    assertThat(f.metric("ovation_region_gaps_total")).isEqualTo(1);
  }

  @Test
  void whatArrivedLongAgoIsDroppedAndAcked() {
    pipeline.deliver(List.of(from("b", comment(70, 60))));
    f.store.take("append").answer(List.of(Appended.longAgo()));
    assertThat(sent()).isEmpty();
    assertThat(f.acked).hasSize(1);
    assertThat(f.metric("ovation_region_duplicates_total")).isEqualTo(1);
  }

  @Test
  void otherKindsOfEventsArriveLikeComments() {
    StreamEvent goal =
        StreamEvent.newBuilder()
            .setStream("s")
            .setId("e")
            .setAtMs(1_000_000)
            .setHost(HostEvent.newBuilder().setName("score").setData("{}"))
            .build();
    QueueItem published = item("Publish").setPayload(goal.toByteString()).build();
    pipeline.deliver(List.of(from("b", event(70, 60, published))));
    f.store.take("append").answer(List.of(fresh(500, 400, false)));
    assertThat(sent().get(0).getEvents(0).getJson().toStringUtf8())
        .contains("\"name\":\"score\"", "\"region\":\"b\"");
  }

  @Test
  void whatThisRegionAcceptedAndWhatIsNestedIsDeadLettered() {
    pipeline.deliver(List.of(from("here", comment(70, 60))));
    QueueItem nested =
        item("Arrive")
            .setPayload(ForwardedEvents.newBuilder().setRegion("c").build().toByteString())
            .build();
    pipeline.deliver(List.of(from("b", event(70, 60, nested), comment(80, 70))));
    assertThat(f.deadLetters).hasSize(2);
    assertThat(f.deadLetters.get(0).reason()).contains("same name");
    assertThat(f.store.take("append").appends()).hasSize(1);
  }

  @Test
  void withoutTheStoreWhatArrivedBeforeIsKnownByTheOwner() {
    pipeline.deliver(List.of(from("b", comment(70, 60))));
    f.store.take("append").answer(List.of(fresh(500, 400, false)));
    sent();
    pipeline.deliver(List.of(from("b", comment(65, 60), comment(90, 80))));
    f.store.take("append").timeOut();
    f.time.pass(DispatchFixture.AWAY.toMillis());
    List<Segment> sent = sent();
    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getEventsList()).hasSize(1);
    assertThat(sent.get(0).getPrevious()).isGreaterThan(500);
  }
}
