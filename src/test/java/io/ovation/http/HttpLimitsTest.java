package io.ovation.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.http.body.JsonResponses;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client may not exceed, each with its answer and its metric. */
@SuppressWarnings("NullAway.Init") // listen comes first
class HttpLimitsTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int MEBIBYTE = 1 << 20;
  private static final int BODY_LIMIT = 600 * 1024;

  private final Vertx vertx = Vertx.vertx();
  private final Metrics metrics = new Metrics();
  private final int port = Ports.free();
  private HttpServers servers;

  @BeforeEach
  void listen() throws Exception {
    HttpSettings settings =
        HttpSettings.of(port, BODY_LIMIT).connectionsPerAddress(3).bodiesLimit(MEBIBYTE);
    servers = new HttpServers(vertx, settings.build(), 65_536, metrics);
    servers.mount(
        loop ->
            loop.router()
                .post("/bodies")
                .handler(
                    ctx ->
                        JsonResponses.answer(
                            ctx, c -> loop.bodies().json(ctx).map(new JsonObject()))));
    servers.listen().await(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @Test
  void aLineThatIsTooLongIs414AndHeadersThatAreTooLongAre431() {
    assertRefused(RawHttp.get(port, "/" + "x".repeat(4_096)), 414, "line");
    try (RawHttp http = new RawHttp(port)) {
      http.write("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(16_384) + "\r\n\r\n");
      assertRefused(http.read(), 431, "headers");
      assertThat(http.closedByServer()).isTrue();
    }
    try (RawHttp http = new RawHttp(port)) {
      http.write("this is not HTTP\r\n\r\n");
      assertRefused(http.read(), 400, "malformed");
    }
  }

  /** An EventSource would give up for good after a 414 or a 431. */
  @ParameterizedTest
  @CsvSource({"4096, 1", "16000, 1", "1, 16384", "5000, 40000"})
  void whoAcceptsEventsIsToldByAnEventThatLineOrHeadersAreTooLong(int line, int cookie) {
    String request =
        "GET /%s HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n%sCookie: %s\r\n\r\n";
    try (RawHttp http = new RawHttp(port)) {
      http.write(request.formatted("x".repeat(line), "", "x".repeat(cookie)));
      RawHttp.Answer answer = http.read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.headers()).containsEntry("content-type", "text/event-stream");
      assertThat(answer.body())
          .startsWith("retry: ")
          .contains("id: stop", "\"code\":\"too_large\"");
      assertThat(http.closedByServer()).isTrue();
    }
    try (RawHttp http = new RawHttp(port)) {
      String last = "Last-Event-ID: stop\r\n";
      http.write(request.formatted("x".repeat(line), last, "x".repeat(cookie)));
      assertThat(http.read().status()).isEqualTo(204);
    }
  }

  @Test
  void aLineOfExactlyTheLimitIsRead() {
    String line = "GET /" + "x".repeat(4_096 - "GET / HTTP/1.1".length()) + " HTTP/1.1";
    try (RawHttp http = new RawHttp(port)) {
      http.write(line + "\r\nHost: a\r\n\r\n");
      assertThat(http.read().status()).isEqualTo(404);
      http.write(
          line.replace("/x", "/xx") + "\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertRefused(http.read(), 414, "line");
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void anotherVersionIsMalformedAndNotEchoed() {
    try (RawHttp http = new RawHttp(port)) {
      http.write("GET / \0HTTP/9.9\r\nHost: a\r\n\r\n");
      assertRefused(http.read(), 400, "malformed");
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void anAddressHasNoMoreConnectionsThanAllowedAndGetsPlacesBack() {
    List<RawHttp> open = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      open.add(new RawHttp(port));
      assertThat(served(open.get(i))).isTrue();
    }
    try (RawHttp fourth = new RawHttp(port)) {
      assertThat(fourth.closedByServer()).isTrue();
    }
    assertThat(refused("connections")).isPositive();
    open.remove(0).close();
    Await.until("a place", LIMIT, this::anotherIsServed);
    open.forEach(RawHttp::close);
  }

  private boolean anotherIsServed() {
    try (RawHttp http = new RawHttp(port)) {
      return served(http);
    } catch (RuntimeException | AssertionError closed) {
      return false;
    }
  }

  private static boolean served(RawHttp http) {
    http.write("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    return http.read().status() == 404;
  }

  @Test
  void bodiesTogetherStayWithinTheirBudget() {
    byte[] half = " ".repeat(BODY_LIMIT - 2).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    String head = RawHttp.head("POST", "/bodies", "application/json", BODY_LIMIT);
    try (RawHttp first = new RawHttp(port);
        RawHttp second = new RawHttp(port)) {
      first.write(head);
      first.write(half);
      Await.until("the first body", LIMIT, () -> bytes() == half.length);
      second.write(head);
      second.write(half);
      Answer busy = second.read();
      assertRefused(busy, 429, "bodies");
      assertThat(busy.headers().get("retry-after")).matches("[1-5]");
      first.write("{}");
      assertThat(first.read().status()).isEqualTo(200);
      Await.until("the budget to be given back", LIMIT, () -> bytes() == 0);
    }
    try (RawHttp gone = new RawHttp(port)) {
      gone.write(head);
      gone.write(half);
      Await.until("the body", LIMIT, () -> bytes() == half.length);
    }
    Await.until("what a client left behind to be given back", LIMIT, () -> bytes() == 0);
  }

  private void assertRefused(Answer answer, int status, String reason) {
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(refused(reason)).isEqualTo(1);
  }

  private double refused(String reason) {
    return value("ovation_http_refused_total{reason=\"" + reason + "\"} ");
  }

  private double bytes() {
    return value("ovation_http_bodies_bytes ");
  }

  private double value(String series) {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .sum();
  }
}
