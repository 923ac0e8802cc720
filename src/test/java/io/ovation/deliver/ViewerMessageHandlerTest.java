package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.auth.TokenVerifier;
import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.limits.ActionLimits;
import io.ovation.http.limits.ClientAddresses;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.LogCapture;
import io.ovation.testkit.MemorySpans;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is refused and had an id is refused by its id. */
class ViewerMessageHandlerTest {
  private static final int PER_SECOND = 50;
  private static final List<String> UNEXPECTED =
      List.of("failed unexpectedly", "is refused: internal");

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final FakeSubscriptions supervisor = new FakeSubscriptions();
  private final DeliveryMetrics metrics = FakeViewer.metrics();
  private final FakeSubmissions submissions = new FakeSubmissions();
  private final EventLoopShard shard =
      new EventLoopShard(
          channel.eventLoop(),
          supervisor,
          this::messages,
          FakeViewer.settings(100, 1_000, 10_000),
          metrics,
          new AtomicLong());
  private final List<String> askedIn = new ArrayList<>();
  private final FakeViewer viewer = new FakeViewer(metrics);

  private ViewerMessageHandler messages(EventLoopShard shard) {
    return new ViewerMessageHandler(
        shard, submissions, access(), this::admit, shard.settings, metrics);
  }

  /** A user may watch six times in a minute, once at a time. */
  private static AccessControl access() {
    Config.Limits limits = new Config.Limits(0, 0, 0, 0, 6, 0, 0, 0, 0);
    return new AccessControl(false, TokenVerifier.WITHOUT_KEYS, InstantSource.system())
        .limited(
            new ClientAddresses(List.of()),
            new ActionLimits(limits, System::nanoTime, new Metrics()),
            null);
  }

  private Future<Caller> admit(Caller caller, String stream, String user, String traceparent) {
    askedIn.add(traceparent);
    if (user.equals("broken")) {
      return Future.failedFuture(new IllegalStateException("a hook broke"));
    }
    return Future.succeededFuture(
        user.equals("late")
            ? new Caller(user, AccessRole.VIEWER, List.of("*"), null, 1, "")
            : caller);
  }

  @BeforeEach
  void connect() {
    shard.connected(viewer);
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
    supervisor.close();
  }

  private void say(String json) {
    shard.messages.receive(viewer, json.getBytes(StandardCharsets.UTF_8));
    channel.runPendingTasks();
  }

  /** The last refusal; {@code watching} may come before or after it, from another thread. */
  private JsonObject last() {
    List<JsonObject> errors =
        viewer.sent.stream()
            .map(JsonObject::new)
            .filter(message -> "error".equals(message.getString("type")))
            .toList();
    return errors.get(errors.size() - 1);
  }

  @Test
  void theWatchHookIsAskedInATraceOfTheWatch() {
    String watch = "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"%s\"}";
    say(watch.formatted("b"));
    try (MemorySpans spans = MemorySpans.start(1)) {
      say(watch.formatted("c"));
      SpanData span = spans.finish().get(0);
      assertThat(span.getName()).isEqualTo("watch");
      assertThat(askedIn)
          .containsExactly("", "00-" + span.getTraceId() + "-" + span.getSpanId() + "-01");
    }
  }

  @Test
  void aWatchWhoseTokenHasEndedMeanwhileIsRefused() {
    say("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"late\",\"id\":\"w1\"}");
    assertThat(last().getString("code")).isEqualTo("unauthorized");
    assertThat(last().getString("field")).isEqualTo("token");
    assertThat(last().getString("id")).isEqualTo("w1");
    assertThat(viewer.room).isNull();
  }

  @Test
  void theWatchHookIsNotAskedAboutAWatchTooMany() {
    String watch = "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"b\"}";
    say(watch);
    say(watch);
    assertThat(last().getString("code")).isEqualTo("rate");
    assertThat(askedIn).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"c1\"} | not_watching | c1",
        "{\"type\":\"reaction\",\"kind\":\"like\",\"id\":\"r1\"} | not_watching | r1",
        "{\"type\":\"dance\",\"id\":\"d1\"} | unknown_type | d1",
        "{\"id\":\"n1\"} | invalid | n1",
        "{\"type\":\"watch\",\"stream\":\"..\",\"user\":\"b\",\"id\":\"w1\"} | invalid | w1",
        "{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"\\u200b\",\"id\":\"w2\"} | invalid | w2",
        "{\"id\":\"x1\",\"type\":\"comment\",\"text\":\"half a mess | invalid | x1",
        "{\"id\":\"x2\",\"id\":\"x3\",\"type\":\"comment\"} | invalid | x2",
        "{\"id\":\"x4\",\"type\":\"comment\",\"text\":\"\\ud83d\"} | invalid | x4",
        "{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"x5\"} {} | invalid | x5",
      })
  void aRefusalHasTheIdOfWhatItRefuses(String json, String code, String id) {
    say(json);
    assertThat(last().getString("type")).isEqualTo("error");
    assertThat(last().getString("code")).isEqualTo(code);
    assertThat(last().getString("id")).isEqualTo(id);
  }

  @Test
  void anIdOf129CodePointsIsRefusedByItself() {
    say("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\"}");
    submissions.refuse("id", "must be 1-128 characters");
    String tooLong = "👏".repeat(129);
    say("{\"type\":\"comment\",\"text\":\"hi\",\"id\":\"" + tooLong + "\"}");
    assertThat(last().getString("id")).isEqualTo(tooLong);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRefusedCommentWithoutAnIdIsInTheLogUnderTheOneThatItGot(boolean unexpected) {
    say("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\"}");
    submissions.fail(
        unexpected
            ? new IllegalStateException("broken")
            : Problem.unavailable("not confirmed", 1).exception());
    try (LogCapture log = LogCapture.of(ViewerMessageHandler.class)) {
      say("{\"type\":\"comment\",\"text\":\"hi\"}");
      for (String line : unexpected ? UNEXPECTED : List.of("is refused: unavailable")) {
        assertThat(log.namesOf(line)).containsEntry("message_id", submissions.newId);
      }
      assertThat(last().getString("detail"))
          .endsWith(unexpected ? submissions.newId : "not confirmed");
      assertThat(last().containsKey("id")).isFalse();
    }
  }

  @Test
  void anUnexpectedFailureOfAWatchIsFoundInTheLogByWhatTheViewerIsTold() {
    try (LogCapture log = LogCapture.of(ViewerMessageHandler.class)) {
      say("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"broken\"}");
      assertThat(last().getString("detail"))
          .endsWith(log.namesOf("failed unexpectedly").get("correlation_id"));
      assertThat(last().containsKey("id")).isFalse();
    }
  }

  @Test
  void eachOfTooManyMessagesInASecondIsRefusedByItsId() {
    for (int i = 0; i < PER_SECOND + 5; i++) {
      say("{\"type\":\"ping\",\"id\":\"p" + i + "\"}");
    }
    assertThat(viewer.sent.subList(PER_SECOND, PER_SECOND + 5))
        .extracting(json -> new JsonObject(json).getString("id"))
        .containsExactly("p50", "p51", "p52", "p53", "p54");
    assertThat(last().getString("code")).isEqualTo("rate");
  }

  @Test
  void aWatchThatIsNotAdmittedIsRefusedByItsId() {
    for (int i = 0; i < 12; i++) {
      say("{\"type\":\"watch\",\"stream\":\"s\",\"user\":\"bob\",\"id\":\"w" + i + "\"}");
    }
    assertThat(last().getString("code")).isEqualTo("rate");
    assertThat(last().getString("id")).isEqualTo("w11");
  }

  @Test
  void ofTooManyWithoutAnIdOneIsRefused() {
    for (int i = 0; i < PER_SECOND + 5; i++) {
      say("{\"type\":\"ping\"}");
    }
    assertThat(viewer.sent).hasSize(PER_SECOND + 1);
  }

  @Test
  void aMessageThatIsTooLargeIsRefusedByItsIdWhereverItStands() {
    String text = "x".repeat(5_000);
    String json = "{\"type\":\"comment\",\"text\":\"" + text + "\",\"id\":\"big\"}";
    shard.messages.refuseTooLarge(viewer, json.getBytes(StandardCharsets.UTF_8));
    assertThat(last().getString("code")).isEqualTo("too_large");
    assertThat(last().getString("id")).isEqualTo("big");
  }

  @Test
  void aBrokenEncodingIsRefusedByItsIdAndEndsTheConnection() {
    byte[] json = "{\"id\":\"c1\",\"text\":\"?\"}".getBytes(StandardCharsets.UTF_8);
    json[json.length - 3] = (byte) 0xC3;
    shard.messages.receive(viewer, json);
    assertThat(last().getString("id")).isEqualTo("c1");
    assertThat(viewer.closeCode).isEqualTo(CloseCode.NOT_UTF8);
  }
}
