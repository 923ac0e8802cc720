package io.ovation.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.trace.data.SpanData;
import io.ovation.config.Config;
import io.ovation.http.WebhookSignature;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.MemorySpans;
import io.ovation.testkit.Ports;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PfxOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packages posted to a real HTTP server. */
@SuppressWarnings("NullAway.Init") // start comes first
class WebhookHandlerTest {
  private static final String SECRET = "a secret of the tests";

  private record Posted(String path, Map<String, String> headers, Buffer body) {}

  @TempDir Path dir;
  private final int port = Ports.free();
  private final int faultyPort = Ports.free();
  private final List<Posted> posted = new CopyOnWriteArrayList<>();

  /** How the receiver answers; with the number of the request. */
  private volatile BiConsumer<HttpServerRequest, Integer> answers = (r, n) -> r.response().end();

  private EmbeddedBackends ground;
  private PackageFixture plant;
  private Api door;

  @BeforeEach
  void start() {
    ground = new EmbeddedBackends(dir);
    Map<String, String> urls =
        Map.of(
            "hook", "http://127.0.0.1:" + port + "/in",
            "extra", "http://127.0.0.1:" + faultyPort + "/in");
    plant = new PackageFixture(ground, PackageFixture.config(urls));
    AtomicInteger count = new AtomicInteger();
    HttpServer server =
        plant
            .vertx
            .createHttpServer()
            .requestHandler(
                request ->
                    request
                        .body()
                        .onSuccess(
                            body -> {
                              JsonObject headers = new JsonObject();
                              request
                                  .headers()
                                  .forEach(
                                      h ->
                                          headers.put(
                                              h.getKey().toLowerCase(java.util.Locale.ROOT),
                                              h.getValue()));
                              posted.add(new Posted(request.path(), strings(headers), body));
                              answers.accept(request, count.incrementAndGet());
                            }));
    PackageFixture.await(server.listen(port, "127.0.0.1"));
    plant.worker();
    door = plant.door();
  }

  private static Map<String, String> strings(JsonObject json) {
    return json.stream()
        .collect(
            java.util.stream.Collectors.toMap(Map.Entry::getKey, e -> e.getValue().toString()));
  }

  @AfterEach
  void stop() {
    plant.close();
    ground.close();
  }

  private void submit(String id) {
    JsonObject body =
        PackageFixture.submission(id, "hook").put("payload", new JsonObject().put("caf\u00e9", 1));
    assertThat(door.post("/packages", body.encode()).status()).isEqualTo(202);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 | 7",
        "Thu, 01 Jan 1970 01:00:00 GMT | 3600",
        "soon | 0",
        "-1 | 0",
        "99999999999 | 0",
        "'' | 0"
      })
  void aReceiversRetryAfterIsPassedOn(String header, long seconds) {
    answers = (r, n) -> r.response().setStatusCode(503).putHeader("retry-after", header).end();
    assertThat(post("http://127.0.0.1:" + port + "/in").cause())
        .isInstanceOfSatisfying(
            RetryLater.class, later -> assertThat(later.pause()).hasSeconds(seconds));
  }

  private Future<Void> post(String url) {
    return post(handler(url, PackageFixture.quick()));
  }

  private WebhookHandler handler(String url, Config.Packages config) {
    return new WebhookHandler(
        WebhookHandler.client(plant.vertx, config),
        "hook",
        url,
        new WebhookSignature(SECRET),
        config.timeout(),
        InstantSource.fixed(Instant.EPOCH));
  }

  private static Future<Void> post(WebhookHandler handler) {
    Future<Void> end = handler.handle(new PackageJob("p", "hook", "{}", 1, () -> true));
    Await.until("the answer", PackageFixture.LIMIT, end::isComplete);
    return end;
  }

  /** As docs/packages.md says; a store of trusted certificates is read for each connection. */
  @Test
  void aPrivateCaIsTrustedOnceItIsInJavasTrustStore() throws Exception {
    Path store = dir.resolve("trust.p12");
    List<String> keytool =
        new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/keytool"));
    keytool.addAll(List.of("-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=private"));
    keytool.addAll(List.of("-ext", "SAN=ip:127.0.0.1", "-storepass", "changeit"));
    keytool.addAll(List.of("-keystore", store.toString()));
    assertThat(new ProcessBuilder(keytool).start().waitFor()).isZero();
    HttpServerOptions tls =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(new PfxOptions().setPath(store.toString()).setPassword("changeit"));
    HttpServer receiver = plant.vertx.createHttpServer(tls).requestHandler(r -> r.response().end());
    PackageFixture.await(receiver.listen(faultyPort, "127.0.0.1"));
    String url = "https://127.0.0.1:" + faultyPort + "/in";
    assertThat(post(url).cause()).isInstanceOf(SSLHandshakeException.class);
    Map<String, String> trust =
        Map.of("trustStore", store.toString(), "trustStorePassword", "changeit");
    try {
      trust.forEach((key, value) -> System.setProperty("javax.net.ssl." + key, value));
      assertThat(post(url).succeeded()).isTrue();
    } finally {
      trust.keySet().forEach(key -> System.clearProperty("javax.net.ssl." + key));
    }
  }

  @Test
  void payloadIsPostedWithWhatIdentifiesItAndASignatureThatVerifies() throws Exception {
    submit("p-1");
    PackageFixture.awaitStatus(door, "p-1", "done");
    Posted post = posted.get(0);
    assertThat(posted).hasSize(1);
    assertThat(post.path()).isEqualTo("/in");
    assertThat(post.body().toString(StandardCharsets.UTF_8)).isEqualTo("{\"caf\u00e9\":1}");
    assertThat(post.headers())
        .containsEntry("content-type", "application/json")
        .containsEntry("webhook-id", "p-1")
        .containsEntry("ovation-type", "hook")
        .containsEntry("ovation-attempt", "1");
    String time = post.headers().get("webhook-timestamp");
    assertThat(Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(time))).isLessThan(60);
    assertThat(post.headers())
        .containsEntry("webhook-signature", signature("p-1." + time + ".", post.body()));
  }

  @Test
  void theReceiverGetsTheTraceOfTheSubmission() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    try (MemorySpans spans = MemorySpans.start()) {
      JsonObject body = PackageFixture.submission("traced", "hook");
      String parent = "00-" + trace + "-00f067aa0ba902b7-01";
      assertThat(door.post("/packages", body, parent).status()).isEqualTo(202);
      PackageFixture.awaitStatus(door, "traced", "done");
      assertThat(posted.get(0).headers().get("traceparent")).startsWith("00-" + trace + "-");
      assertThat(spans.finish())
          .filteredOn(span -> span.getTraceId().equals(trace))
          .extracting(SpanData::getName)
          .contains("POST /packages", "package");
    }
  }

  @Test
  void receiverThatSaysTooMuchHarmsNoOtherPackage() {
    String extra = "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n{}";
    PackageFixture.await(
        plant
            .vertx
            .createNetServer()
            .connectHandler(socket -> socket.handler(request -> socket.write(extra)))
            .listen(faultyPort, "127.0.0.1"));
    for (int i = 0; i < 10; i++) {
      JsonObject body = PackageFixture.submission("extra-" + i, "extra");
      assertThat(door.post("/packages", body.encode()).status()).isEqualTo(202);
      assertThat(PackageFixture.awaitStatus(door, "extra-" + i, "done").getInteger("attempts"))
          .isEqualTo(1);
    }
  }

  /** As a receiver would, from the words of docs/packages.md alone. */
  private static String signature(String before, Buffer body) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    mac.update(before.getBytes(StandardCharsets.UTF_8));
    return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body.getBytes()));
  }

  /** The example that the standard's own libraries are tested with. */
  @Test
  void theSignatureIsThatOfStandardWebhooks() {
    WebhookSignature signature = new WebhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assertThat(
            signature.of(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1614265330,
                "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @ParameterizedTest
  @ValueSource(ints = {409, 410})
  void conflictAndGoneAreDeadAtOnce(int status) {
    answers = (request, n) -> request.response().setStatusCode(status).end();
    submit("p");
    JsonObject dead = PackageFixture.awaitStatus(door, "p", "dead");
    assertThat(dead.getInteger("attempts")).isEqualTo(1);
    assertThat(dead.getString("error")).contains("" + status);
    assertThat(posted).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503, 400, 404, 302})
  void anythingElseIsTriedAgain(int status) {
    answers =
        (request, n) ->
            request
                .response()
                .setStatusCode(n == 1 ? status : 204)
                .putHeader("location", "http://127.0.0.1:" + port + "/elsewhere")
                .end();
    submit("p");
    JsonObject done = PackageFixture.awaitStatus(door, "p", "done");
    assertThat(done.getInteger("attempts")).isEqualTo(2);
    assertThat(posted).extracting(Posted::path).containsExactly("/in", "/in");
    assertThat(posted.get(1).headers()).containsEntry("ovation-attempt", "2");
  }

  @Test
  void receiverThatDoesNotAnswerHasFailed() {
    answers =
        (request, n) -> {
          if (n > 1) {
            request.response().end();
          }
        };
    submit("p");
    JsonObject failed =
        PackageFixture.await(door, "p", s -> s.getString("error") != null, "out of time");
    assertThat(failed.getString("error")).contains("5000");
    assertThat(PackageFixture.awaitStatus(door, "p", "done").getInteger("attempts")).isEqualTo(2);
  }

  @Test
  void receiverThatClosesOrIsNotThereHasFailed() {
    answers = (request, n) -> request.connection().close();
    submit("p");
    JsonObject dead = PackageFixture.awaitStatus(door, "p", "dead");
    assertThat(dead.getInteger("attempts")).isEqualTo(3);
    assertThat(posted).hasSize(3);
  }

  @Test
  void answerWithoutEndHarmsNobody() {
    answers =
        (request, n) -> {
          request.response().setChunked(true);
          Buffer chunk = Buffer.buffer(new byte[16 * 1024]);
          for (int i = 0; i < 64 && n == 1; i++) {
            request.response().write(chunk);
          }
          if (n > 1) {
            request.response().end();
          }
        };
    submit("p1");
    PackageFixture.awaitStatus(door, "p1", "done");
    submit("p2");
    PackageFixture.awaitStatus(door, "p2", "done");
    assertThat(posted).hasSize(2);
  }

  /** A byte now and then would keep each connection busy for ever. */
  @Test
  void answersThatNeverEndHoldNoConnection() {
    answers =
        (request, n) -> {
          request.response().setChunked(true).write(" ");
          plant.vertx.setPeriodic(100, timer -> request.response().write(" "));
        };
    Config.Packages config = PackageFixture.impatient();
    WebhookHandler handler = handler("http://127.0.0.1:" + port + "/in", config);
    for (int i = 0; i < config.concurrency(); i++) {
      var unused = post(handler);
    }
    answers = (request, n) -> request.response().end();
    Await.until("a connection", PackageFixture.LIMIT, () -> post(handler).succeeded());
  }

  @Test
  void noMoreThanTheTypesShareArePostedAtATime() {
    List<HttpServerRequest> open = new CopyOnWriteArrayList<>();
    answers = (request, n) -> open.add(request);
    List<String> ids = IntStream.range(0, 20).mapToObj(i -> "p" + i).toList();
    ids.forEach(this::submit);
    Await.until("eight to be under way", PackageFixture.LIMIT, () -> open.size() == 8);
    submit("last");
    assertThat(open).hasSize(8);
    answers = (request, n) -> request.response().end();
    open.forEach(request -> plant.vertx.runOnContext(v -> request.response().end()));
    ids.forEach(id -> PackageFixture.awaitStatus(door, id, "done"));
  }
}
