package io.ovation.dispatch.comments;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.DispatchFixture;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.Deletion;
import io.ovation.live.proto.Denial;
import io.ovation.live.proto.HeldComment;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.Purge;
import io.ovation.live.proto.Report;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.Delivery;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.store.Store.Append;
import io.ovation.testkit.LogCapture;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Items that another producer wrote to the queue, past the checks of HTTP. */
class ForeignItemsTest {
  private final DispatchFixture f = new DispatchFixture();

  private static Arguments comment(
      String field, String name, UnaryOperator<CommentRequest.Builder> change) {
    return Arguments.of(name, field, "Comment", change.apply(comment()).build());
  }

  private static CommentRequest.Builder comment() {
    return CommentRequest.newBuilder().setStream("s").setUser("u").setText("t").setId("c");
  }

  private static Arguments event(
      String field, String name, UnaryOperator<StreamEvent.Builder> change) {
    return Arguments.of(name, field, "Publish", change.apply(event()).build());
  }

  private static StreamEvent.Builder event() {
    return StreamEvent.newBuilder().setStream("s").setId("e").setAtMs(1_000);
  }

  private static UnaryOperator<StreamEvent.Builder> host(UnaryOperator<HostEvent.Builder> change) {
    return event ->
        event.setHost(change.apply(HostEvent.newBuilder().setName("score").setData("{}")));
  }

  static Stream<Arguments> harmful() {
    String large = "x".repeat(10 << 10);
    return Stream.of(
        comment("id", "a step of a path", c -> c.setId("..")),
        comment("id", "a line break", c -> c.setId("a\nb")),
        comment("id", "10 KiB", c -> c.setId(large)),
        comment("reply_to", "a line break", c -> c.setReplyTo("a\nb")),
        comment("meta", "no JSON", c -> c.setMeta("}{")),
        comment("meta", "another field", c -> c.setMeta("{},\"offset\":1")),
        comment("meta", "the same field again", c -> c.setMeta("{},\"meta\":{}")),
        comment("meta", "10 KiB", c -> c.setMeta("{\"a\":\"" + large + "\"}")),
        comment("profile", "no object", c -> c.setProfile("[]")),
        event("data", "no JSON", host(h -> h.setData("{"))),
        event("data", "20 KiB", host(h -> h.setData("\"" + large + large + "\""))),
        event("data", "10 KiB, retained", host(h -> h.setRetain(true).setData('"' + large + '"'))),
        event("name", "a space", host(h -> h.setName("a b"))),
        event("ttl_ms", "negative", host(h -> h.setRetain(true).setTtlMs(-1))),
        event("id", "a line break", e -> host(h -> h).apply(e).setId("a\nb")),
        event("user", "a line break", e -> host(h -> h).apply(e).setUser("a\nb")),
        event("user", "blank", e -> e.setPurged(Purge.newBuilder().setUser(" "))),
        event("deleted.id", "no id", e -> e.setDeleted(Deletion.newBuilder().setUser("u"))),
        event("denied.id", "no id", e -> e.setDenied(Denial.newBuilder().setUser("u"))),
        event("reason", "none", e -> e.setReported(Report.newBuilder().setId("c"))),
        event("meta", "of a held comment", e -> e.setHeld(held(c -> c.setMeta("}{")))),
        event("id", "of a held comment", e -> e.setHeld(held(c -> c.setId("..")))));
  }

  private static HeldComment.Builder held(UnaryOperator<CommentRequest.Builder> change) {
    return HeldComment.newBuilder().setComment(change.apply(comment())).setWhy("review");
  }

  @ParameterizedTest(name = "{1}: {0}")
  @MethodSource("harmful")
  void whatHttpWouldRefuseIsADeadLetterAndTheNextCommentIsDelivered(
      String name, String field, String method, Message request) {
    Delivery bad = f.delivery("ovation.live.Comments", method, request.toByteString());
    assertThat(appends(bad, f.comment("s", "next"))).extracting(Append::id).containsExactly("next");
    assertThat(f.deadLetters).as(name).hasSize(1);
    assertThat(f.deadLetters.get(0).tag()).isEqualTo(bad.tag());
    assertThat(f.deadLetters.get(0).reason()).contains(field + " ");
    assertThat(f.failures).isEmpty();
  }

  @Test
  void theLineAboutADeadLetterNamesTheItemAndItsTraceAsFarAsTheyCanBeRead() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    CommentRequest bad =
        comment().setMeta("}{").setTraceparent("00-" + trace + "-00f067aa0ba902b7-00").build();
    try (LogCapture log = LogCapture.of(CommentPipeline.class)) {
      appends(
          f.delivery("ovation.live.Comments", "Comment", bad.toByteString()),
          f.poison(),
          f.comment("s", "next"));
      assertThat(log.namesOf("dead-lettered: bad_payload"))
          .containsOnly(
              Map.entry("correlation_id", trace),
              Map.entry("trace_id", trace),
              Map.entry("message_id", "c"));
      assertThat(log.namesOf("dead-lettered: corrupt_envelope")).isEmpty();
    }
  }

  @Test
  void jsonIsPassedOnInOneLineForEveryReader() {
    CommentRequest comment =
        comment()
            .setMeta("{\"a\":\"\u2028\",\n\"b\":\"\u0085\"}")
            .setProfile("{\"name\":\"\u2029\"}\n")
            .build();
    StreamEvent score = host(h -> h.setData("[1,\n\"\u2028\"]")).apply(event()).build();
    List<Append> appends =
        appends(
            f.delivery("ovation.live.Comments", "Comment", comment.toByteString()),
            f.delivery("ovation.live.Comments", "Publish", score.toByteString()));
    assertThat(f.deadLetters).isEmpty();
    assertThat(appends).hasSize(2);
    for (Append append : appends) {
      assertThat(new String(append.body(), StandardCharsets.UTF_8))
          .doesNotContain("\n", "\u2028", "\u2029", "\u0085");
    }
    JsonObject shown = json(appends.get(0));
    assertThat(shown.getJsonObject("meta").getString("a")).isEqualTo("\u2028");
    assertThat(shown.getJsonObject("profile").getString("name")).isEqualTo("\u2029");
    assertThat(json(appends.get(1)).getJsonArray("data").getString(1)).isEqualTo("\u2028");
  }

  private static JsonObject json(Append append) {
    return new JsonObject(Buffer.buffer(append.body()).appendString("1}"));
  }

  private List<Append> appends(Delivery... items) {
    DispatchContext context = f.context(0);
    CommentPipeline pipeline =
        new CommentPipeline(
            context,
            0,
            1,
            new RoutingTable(),
            new StreamOffsets(context.storeMicros()),
            new Outboxes(context, 0, 1, f.guard),
            new FailingItem(),
            f.guard);
    pipeline.open(new QueueName("comments", Lane.NORMAL, 0));
    pipeline.deliver(List.of(items));
    return f.store.take("append").appends();
  }
}
