package io.ovation.moderation.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.trace.data.SpanData;
import io.ovation.auth.Caller;
import io.ovation.config.Config;
import io.ovation.http.WebhookSignature;
import io.ovation.http.problem.ProblemException;
import io.ovation.live.proto.CommentRequest;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.hooks.HookFailed.Kind;
import io.ovation.testkit.Await;
import io.ovation.testkit.MemorySpans;
import io.ovation.testkit.Ports;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks answered, or not, by a real HTTP server. */
class HookClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String SECRET = "a secret of the hooks";
  private static final String ALLOW = "{\"action\":\"allow\"}";

  /** The store's, which is not this machine's. */
  private static final InstantSource CLOCK = () -> Instant.ofEpochSecond(1_234_567_890);

  private final Vertx vertx = Vertx.vertx();
  private final int port = Ports.free();
  private final List<HttpServerRequest> asked = new CopyOnWriteArrayList<>();
  private final Metrics metrics = new Metrics();
  private volatile Handler<HttpServerRequest> answer = request -> request.response().end(ALLOW);

  @BeforeEach
  void start() {
    await(
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  asked.add(request);
                  answer.handle(request);
                })
            .listen(port, "127.0.0.1"));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private static <T> Future<T> await(Future<T> future) {
    Await.until("an answer", LIMIT, future::isComplete);
    return future;
  }

  private Config.Hooks config(String onTimeout, long timeoutMs, int inFlight, int failures) {
    String url = "http://127.0.0.1:" + port + "/hook";
    Duration timeout = Duration.ofMillis(timeoutMs);
    Duration pause = Duration.ofMillis(100);
    return new Config.Hooks(url, url, SECRET, timeout, onTimeout, inFlight, failures, pause);
  }

  private HookClient client(long timeoutMs, int inFlight, int failures) {
    Config.Hooks config = config("allow", timeoutMs, inFlight, failures);
    return new HookClient(vertx, "comment", config.comment(), config, CLOCK, metrics);
  }

  private void says(int status, String body) {
    answer = request -> request.response().setStatusCode(status).end(body);
  }

  private static Kind failure(Future<HookAnswer> call) {
    assertThat(await(call).failed()).isTrue();
    return ((HookFailed) call.cause()).kind;
  }

  private static CommentRequest.Builder comment() {
    return CommentRequest.newBuilder()
        .setStream("s")
        .setUser("alice")
        .setText("hi")
        .setId("1")
        .setMeta("{\"a\":1}");
  }

  private Future<String> check(CommentRequest.Builder comment, String onTimeout) {
    return await(
        CommentHook.of(vertx, config(onTimeout, 5_000, 10, 100), CLOCK, metrics).check(comment));
  }

  @Test
  void theRequestIsSignedAndSaysWhatItIsAbout() {
    HookClient client = client(5_000, 10, 10);
    answer =
        request ->
            request
                .body()
                .onSuccess(
                    body -> {
                      String id = request.getHeader("webhook-id");
                      long time = Long.parseLong(request.getHeader("webhook-timestamp"));
                      String expected = new WebhookSignature(SECRET).of(id, time, body.getBytes());
                      boolean genuine = expected.equals(request.getHeader("webhook-signature"));
                      String reason = body.toJsonObject().getString("text");
                      request
                          .response()
                          .end(
                              JsonObject.of("action", genuine ? "hold" : "deny", "reason", reason)
                                  .encode());
                    });
    HookAnswer said = await(client.ask(JsonObject.of("text", "héy"), "")).result();
    assertThat(said.action()).isEqualTo(HookAnswer.Action.HOLD);
    assertThat(asked.get(0).getHeader("webhook-timestamp")).isEqualTo("1234567890");
    assertThat(said.reason()).isEqualTo("héy");
  }

  @Test
  void theHookGetsTheTraceOfTheComment() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    answer =
        request ->
            request
                .response()
                .end(
                    JsonObject.of("action", "hold", "reason", "" + request.getHeader("traceparent"))
                        .encode());
    assertThat(check(comment(), "deny").result()).isEqualTo("hook: null");
    try (MemorySpans spans = MemorySpans.start()) {
      String parent = "00-" + trace + "-00f067aa0ba902b7-01";
      String said = check(comment().setTraceparent(parent), "deny").result();
      SpanData call = spans.finish().get(0);
      assertThat(call.getName()).isEqualTo("hook comment");
      assertThat(said).isEqualTo("hook: 00-" + trace + "-" + call.getSpanId() + "-01");
    }
  }

  @Test
  void theHookGetsTheTraceOfTheWatch() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    answer =
        request ->
            request
                .response()
                .end(
                    JsonObject.of("action", "deny", "reason", "" + request.getHeader("traceparent"))
                        .encode());
    WatchHook hook = WatchHook.of(vertx, config("allow", 5_000, 10, 100), CLOCK, metrics);
    try (MemorySpans spans = MemorySpans.start()) {
      String parent = "00-" + trace + "-00f067aa0ba902b7-01";
      String said =
          "" + await(hook.admit(Caller.ANONYMOUS, "s", "alice", parent)).cause().getMessage();
      SpanData call = spans.finish().get(0);
      assertThat(call.getName()).isEqualTo("hook watch");
      assertThat(said).contains("00-" + trace + "-" + call.getSpanId() + "-01");
    }
  }

  @Test
  void aCommentIsAllowedDeniedHeldOrChanged() {
    assertThat(check(comment(), "deny").result()).isNull();
    says(200, "{\"action\":\"hold\",\"reason\":\"rude?\"}");
    assertThat(check(comment(), "deny").result()).isEqualTo("hook: rude?");
    says(200, "{\"action\":\"deny\",\"reason\":\"no advertising\"}");
    Future<String> denied = check(comment(), "allow");
    var problem = ((ProblemException) denied.cause()).problem();
    assertThat(problem.status()).isEqualTo(403);
    assertThat(problem.code()).isEqualTo("denied");
    assertThat(problem.detail()).contains("no advertising");
    says(200, "{\"action\":\"allow\",\"text\":\"h*\"}");
    CommentRequest.Builder changed = comment();
    assertThat(check(changed, "deny").result()).isNull();
    assertThat(changed.getText()).isEqualTo("h*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no JSON",
        "[]",
        "{}",
        "{\"action\":\"maybe\"}",
        "{\"action\":\"allow\",\"text\":\"\"}",
        "{\"action\":\"allow\",\"text\":7}",
        "{\"action\":\"deny\",\"reason\":\"\\u202e\"}",
        "{\"action\":\"allow\"}{\"action\":\"deny\"}"
      })
  void anAnswerThatIsNoneCountsAsNone(String body) {
    says(200, body);
    assertThat(failure(client(5_000, 10, 10).ask(new JsonObject(), ""))).isEqualTo(Kind.INVALID);
    CommentRequest.Builder comment = comment();
    assertThat(check(comment, "hold").result()).isEqualTo("hook: no answer");
    assertThat(comment.getText()).isEqualTo("hi");
  }

  @Test
  void anAnswerOfAMegabyteIsNotReadAndARedirectIsNotFollowed() {
    // It does not end by itself.
    answer =
        request -> request.response().setChunked(true).write("{\"a\":\"" + "x".repeat(1 << 20));
    assertThat(failure(client(5_000, 10, 10).ask(new JsonObject(), ""))).isEqualTo(Kind.INVALID);
    answer =
        request ->
            request.response().setStatusCode(303).putHeader("location", "/elsewhere").end(ALLOW);
    assertThat(failure(client(5_000, 10, 10).ask(new JsonObject(), ""))).isEqualTo(Kind.STATUS);
    assertThat(asked).extracting(HttpServerRequest::path).containsOnly("/hook");
  }

  @Test
  void aHookThatHangsOrIsAwayCountsAsNone() {
    answer = request -> {};
    assertThat(failure(client(50, 10, 10).ask(new JsonObject(), ""))).isEqualTo(Kind.TIMEOUT);
    // Its head comes in time, its end does not.
    answer = request -> request.response().setChunked(true).write("{");
    assertThat(failure(client(50, 10, 10).ask(new JsonObject(), ""))).isEqualTo(Kind.TIMEOUT);
    Config.Hooks nobody =
        new Config.Hooks(
            "",
            "http://127.0.0.1:" + Ports.free(),
            SECRET,
            LIMIT,
            "deny",
            10,
            10,
            Duration.ofSeconds(1));
    Future<String> refused = await(CommentHook.of(vertx, nobody, CLOCK, metrics).check(comment()));
    var problem = ((ProblemException) refused.cause()).problem();
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.retryAfterSeconds()).isEqualTo(2);
  }

  @Test
  void callsPastTheBoundAreNotMade() {
    answer = request -> {};
    HookClient client = client(60_000, 2, 10);
    client.ask(new JsonObject(), "");
    client.ask(new JsonObject(), "");
    Future<HookAnswer> third = client.ask(new JsonObject(), "");
    assertThat(third.isComplete()).isTrue();
    assertThat(failure(third)).isEqualTo(Kind.BUSY);
    assertThat(metrics.scrape())
        .contains("ovation_hooks_in_flight{hook=\"comment\"} 2.0")
        .contains("ovation_hooks_calls_total{hook=\"comment\",outcome=\"busy\"} 1.0");
  }

  @Test
  void aHookThatFailsIsNotWaitedForUntilItResponds() {
    says(500, "");
    HookClient client = client(5_000, 10, 3);
    for (int i = 0; i < 3; i++) {
      assertThat(failure(client.ask(new JsonObject(), ""))).isEqualTo(Kind.STATUS);
    }
    Future<HookAnswer> fourth = client.ask(new JsonObject(), "");
    assertThat(fourth.isComplete()).isTrue();
    assertThat(failure(fourth)).isEqualTo(Kind.OPEN);
    says(200, ALLOW);
    Await.until(
        "the hook to be used", LIMIT, () -> await(client.ask(new JsonObject(), "")).succeeded());
  }
}
