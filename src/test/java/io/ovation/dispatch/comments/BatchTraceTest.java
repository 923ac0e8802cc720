package io.ovation.dispatch.comments;

import static io.ovation.dispatch.DispatchFixture.ACCEPTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.trace.data.SpanData;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.live.proto.OutboxItem;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.testkit.MemorySpans;
import io.ovation.testkit.VirtualVertx.Sent;
import io.ovation.wire.proto.EventBatch;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The spans of a dispatcher: what a batch does once has one span, however much of it is traced. */
class BatchTraceTest {
  private static final String FIRST = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SECOND = "0af7651916cd43dd8448eb211c80319c";

  private final MemorySpans spans = MemorySpans.start();
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
    routes.add("s", "node-a");
    routes.add("s", "node-b");
    pipeline.open(new QueueName("comments", Lane.NORMAL, 0));
  }

  @AfterEach
  void off() {
    spans.close();
  }

  private static String parent(String trace) {
    return "00-" + trace + "-00f067aa0ba902b7-01";
  }

  private static CommentRequest.Builder comment(String id) {
    return CommentRequest.newBuilder()
        .setStream("s")
        .setUser("u")
        .setText("a text")
        .setId(id)
        .setAtMs(1_000_000);
  }

  private Delivery traced(String id, String trace) {
    return f.delivery(
        "ovation.live.Comments",
        "Comment",
        comment(id).setTraceparent(parent(trace)).build().toByteString());
  }

  /** As a producer in another language writes it. */
  private Delivery tracedByHeader(String id, String trace) {
    QueueItem item =
        QueueItem.newBuilder()
            .setService("ovation.live.Comments")
            .setMethod("Comment")
            .setPayload(comment(id).build().toByteString())
            .putHeaders("traceparent", parent(trace))
            .build();
    return new Delivery(item.toByteArray(), false, 2, 1);
  }

  private static List<SpanData> of(Map<String, List<SpanData>> ended, String name) {
    return ended.getOrDefault(name, List.of());
  }

  private Map<String, List<SpanData>> ended() {
    return spans.finish().stream().collect(Collectors.groupingBy(SpanData::getName));
  }

  @Test
  void aBatchHasOneSpanPerStepAndNodeAndEachTracedEventIsFound() throws Exception {
    pipeline.deliver(List.of(traced("c1", FIRST), tracedByHeader("c2", SECOND)));
    f.store.take("append").append(0);
    List<Sent> sent = f.time.take(EventBatch.class);
    sent.forEach(message -> message.answer(ACCEPTED));
    assertThat(f.published).hasSize(1);
    OutboxItem outbox = OutboxItem.parseFrom(f.published.get(0).item());
    f.published.get(0).confirm().complete();
    Map<String, List<SpanData>> ended = ended();
    assertThat(ended).containsOnlyKeys("dispatch", "append", "send");
    assertThat(of(ended, "append")).hasSize(1);
    assertThat(of(ended, "send")).hasSize(2);
    assertThat(of(ended, "dispatch"))
        .extracting(SpanData::getTraceId)
        .containsExactly(FIRST, SECOND);
    SpanData batch = of(ended, "dispatch").get(0);
    SpanData other = of(ended, "dispatch").get(1);
    assertThat(batch.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(other.getLinks().get(0).getSpanContext().getSpanId()).isEqualTo(batch.getSpanId());
    assertThat(of(ended, "append").get(0).getParentSpanId()).isEqualTo(batch.getSpanId());
    Function<SpanData, String> place =
        span -> "00-" + span.getTraceId() + "-" + span.getSpanId() + "-01";
    // The nodes go on from their own message, other regions from the dispatch.
    assertThat(sent)
        .extracting(message -> ((EventBatch) message.body()).getTraceparent())
        .containsExactlyInAnyOrderElementsOf(of(ended, "send").stream().map(place).toList());
    assertThat(outbox.getEventsList())
        .extracting(event -> event.getTraceparent())
        .containsExactly(place.apply(batch), place.apply(other));
    assertThat(ended.toString()).doesNotContain("a text");
  }

  @Test
  void whatArrivesFromAnotherRegionGoesOnInItsTrace() {
    ForwardedEvents arrived =
        ForwardedEvents.newBuilder()
            .setRegion("b")
            .addEvents(
                io.ovation.live.proto.ForwardedEvent.newBuilder()
                    .setStream("s")
                    .setOffset(5)
                    .setTraceparent(parent(FIRST))
                    .setItem(
                        QueueItem.newBuilder()
                            .setService("ovation.live.Comments")
                            .setMethod("Comment")
                            .setPayload(comment("c1").build().toByteString())
                            .build()
                            .toByteString()))
            .build();
    pipeline.deliver(
        List.of(f.delivery("ovation.live.Comments", "Arrive", arrived.toByteString())));
    f.store.take("append").append(0);
    f.time.take(EventBatch.class).forEach(message -> message.answer(ACCEPTED));
    assertThat(of(ended(), "dispatch")).extracting(SpanData::getTraceId).containsExactly(FIRST);
  }

  @Test
  void aBatchThatGoesOutWithoutTheStoreSaysSo() {
    pipeline.deliver(List.of(traced("c1", FIRST)));
    f.time.pass(DispatchFixture.AWAY.toMillis());
    f.time.take(EventBatch.class).forEach(message -> message.answer(ACCEPTED));
    f.published.forEach(one -> one.confirm().complete());
    assertThat(of(ended(), "append").get(0).getStatus().getDescription())
        .isEqualTo("the store is away");
  }

  @Test
  void whatIsNotTracedSendsNothingMoreToNodes() {
    pipeline.deliver(List.of(f.comment("s", "c1")));
    f.store.take("append").append(0);
    assertThat(f.time.take(EventBatch.class))
        .allSatisfy(
            message -> assertThat(((EventBatch) message.body()).getTraceparent()).isEmpty());
    assertThat(spans.finish()).isEmpty();
  }
}
