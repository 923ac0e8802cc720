package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.ConfigException;
import io.ovation.http.problem.FailureHandler;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.TestCertificate;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpServersTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpServers front = front(vertx, io.ovation.testkit.Ports.free());

  @BeforeEach
  void listen() throws Exception {
    front.mount(
        loop -> {
          loop.router().get("/early").handler(ctx -> ctx.end("early"));
          loop.router()
              .get("/boom")
              .handler(
                  ctx -> {
                    throw new IllegalStateException("secret");
                  });
          loop.router()
              .post("/things/:thing/parts")
              .handler(ctx -> ctx.end(ctx.pathParam("thing")));
          loop.upgrades(
              "/ws"::equals,
              request -> request.toWebSocket().onFailure(e -> FailureHandler.answer(request, e)));
        });
    await(front.listen());
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  @Test
  void everyEventLoopTakesConnections() throws Exception {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    await(
        front.mount(
            loop ->
                loop.router()
                    .get("/thread")
                    .handler(
                        ctx -> {
                          threads.add(Thread.currentThread().getName());
                          ctx.end();
                        })));
    for (int i = 0; i < 64; i++) {
      assertThat(RawHttp.get(front.port(), "/thread").status()).isEqualTo(200);
    }
    assertThat(threads).hasSize(2 * Runtime.getRuntime().availableProcessors());
  }

  @Test
  void routesMountedBeforeAndAfterListeningAnswer() throws Exception {
    await(front.mount(loop -> loop.router().get("/late").handler(ctx -> ctx.end("late"))));
    assertThat(RawHttp.get(front.port(), "/early").body()).isEqualTo("early");
    assertThat(RawHttp.get(front.port(), "/late").body()).isEqualTo("late");
  }

  @Test
  void anUnknownPathIsAProblem() {
    RawHttp.Answer answer = RawHttp.get(front.port(), "/nowhere");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(answer.json().getString("code")).isEqualTo("not_found");
  }

  @Test
  void aWrongMethodIsToldTheRightOnes() {
    RawHttp.Answer answer = RawHttp.get(front.port(), "/things/a/parts");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.headers()).containsEntry("allow", "POST");
  }

  @Test
  void anUnexpectedFailureShowsAnErrorIdAndNothingElse() {
    RawHttp.Answer answer = RawHttp.get(front.port(), "/boom");
    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.json().getString("detail")).contains("error id");
    assertThat(answer.body()).doesNotContain("secret").doesNotContain("Exception");
  }

  @Test
  void anUndecodablePathNamesItsParameter() {
    RawHttp.Answer answer = RawHttp.post(front.port(), "/things/%zz/parts", "{}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo("thing");
  }

  @Test
  void tooLongALineOrHeaderIsRefused() {
    assertThat(RawHttp.get(front.port(), "/" + "a".repeat(5000)).status()).isEqualTo(414);
    try (RawHttp http = new RawHttp(front.port())) {
      http.write("GET /early HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");
      assertThat(http.read().status()).isEqualTo(431);
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void webSocketsAreTakenOnlyWhereARoleWantsThem() {
    assertThat(upgrade("/ws").status()).isEqualTo(101);
    RawHttp.Answer elsewhere = upgrade("/early");
    assertThat(elsewhere.status()).isEqualTo(404);
    assertThat(elsewhere.headers()).containsEntry("content-type", "application/problem+json");
  }

  @Test
  void aHandshakeThatIsNoneIsRefusedAndNoFailureOfTheServer() {
    for (String damaged : new String[] {"", "Sec-WebSocket-Version: 13\r\n"}) {
      try (RawHttp http = new RawHttp(front.port())) {
        http.write("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" + damaged + "\r\n");
        assertThat(http.read().status()).isEqualTo(400);
      }
    }
  }

  @Test
  void aTakenPortIsExplained() throws Exception {
    Vertx other = Vertx.vertx();
    try {
      assertThatThrownBy(() -> await(front(other, front.port()).listen()))
          .hasMessageContaining("in use");
      assertThatThrownBy(() -> await(front(other, front.port()).listen()))
          .hasMessageContaining("OVATION_HTTP_PORT");
    } finally {
      await(other.close());
    }
  }

  @Test
  void connectionThatOwesAHeadIsClosedInTimeHoweverBusyItLooks() throws Exception {
    Metrics metrics = new Metrics();
    HttpServers strict =
        new HttpServers(
            vertx,
            HttpSettings.of(io.ovation.testkit.Ports.free(), 65536)
                .headerTimeout(Duration.ofSeconds(1))
                .build(),
            65536,
            metrics);
    await(strict.mount(loop -> loop.router().get("/early").handler(ctx -> ctx.end("early"))));
    await(strict.listen());
    try (RawHttp silent = new RawHttp(strict.port());
        RawHttp served = new RawHttp(strict.port());
        RawHttp trickling = new RawHttp(strict.port());
        RawHttp second = new RawHttp(strict.port())) {
      served.write("GET /early HTTP/1.1\r\nHost: a\r\n\r\n");
      second.write("GET /early HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(served.read().status()).isEqualTo(200);
      assertThat(second.read().status()).isEqualTo(200);
      second.write("GET /ear");
      trickling.write("GET /early HTTP/1.1\r\nHost: a\r\nX: ");
      assertThat(trickles(trickling)).as("bytes taken").isLessThan(1_000);
      assertThat(silent.closedByServer()).isTrue();
      assertThat(second.closedByServer()).isTrue();
      served.write("GET /early HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(served.read().status()).as("a connection that owes nothing").isEqualTo(200);
      assertThat(metrics.scrape()).contains("ovation_http_heads_late_total 3.0");
    }
  }

  /** One byte after the other until the server hangs up; how many it was. */
  private static int trickles(RawHttp http) {
    int bytes = 0;
    try {
      while (bytes < 1_000) {
        http.write("x");
        bytes++;
        io.ovation.testkit.Await.pass(Duration.ofMillis(20));
      }
    } catch (java.io.UncheckedIOException hungUp) {
      return bytes;
    }
    return bytes;
  }

  @Test
  void closingFreesThePort() throws Exception {
    int port = front.port();
    await(front.close());
    await(front.close());
    // A connection that came while the kernel closed the socket is reset.
    Await.until("the port is free", Duration.ofSeconds(10), () -> refused(port));
  }

  private static boolean refused(int port) {
    try {
      RawHttp.get(port, "/early");
      return false;
    } catch (java.io.UncheckedIOException e) {
      return String.valueOf(e.getMessage()).contains("refused");
    }
  }

  private RawHttp.Answer upgrade(String path) {
    try (RawHttp http = new RawHttp(front.port())) {
      http.write(
          "GET "
              + path
              + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      return http.read();
    }
  }

  @Test
  void aCertificateWithTheKeyOfAnotherIsRefusedAtStart(@TempDir Path directory) {
    String certificate = TestCertificate.create(directory, "one", 2).certificate().toString();
    String key = TestCertificate.create(directory, "other", 2).key().toString();
    HttpServers wrong =
        new HttpServers(
            vertx,
            HttpSettings.of(io.ovation.testkit.Ports.free(), 1_000).tls(certificate, key).build(),
            1_000,
            new Metrics());
    assertThat(FutureResult.failure(wrong.listen()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("http.tls: " + certificate)
        .hasMessageContaining("the key is not that of the certificate");
    assertThat(wrong.port()).isZero();
  }

  private static HttpServers front(Vertx vertx, int port) {
    return new HttpServers(vertx, HttpSettings.of(port, 65536).build(), 65536, new Metrics());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(10, TimeUnit.SECONDS);
  }
}
