package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that proxies and clients write, and those that attackers do, are read in one way. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpSyntaxTest {
  private static final String PATH = "/streams/s1/comments";
  private static final String GOOD = "{\"user\":\"alice\",\"text\":\"hi\"}";
  private static final String SMUGGLED = "GET /health/live HTTP/1.1\r\nHost: b\r\n\r\n";

  private HttpFixture node;

  @BeforeAll
  void start() throws Exception {
    node = new HttpFixture();
  }

  @AfterAll
  void stop() throws Exception {
    node.close();
  }

  @BeforeEach
  void forget() {
    node.enqueued.clear();
    node.queue = request -> Future.succeededFuture(request.getId());
  }

  private static String post(String headers) {
    return "POST " + PATH + " HTTP/1.1\r\n" + headers + "\r\n";
  }

  static Stream<String> doubtfulHeads() {
    return Stream.of(
        post("Host: a\r\nTransfer-Encoding: xchunked\r\n"),
        post("Host: a\r\nTransfer-Encoding: identity\r\n"),
        post("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n"),
        post("Host: a\r\nTransfer-Encoding: chunked, identity\r\n"),
        post("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        post("Host: a\r\nTransfer-Encoding: \"chunked\"\r\n"),
        post("Host: a\r\nTransfer-Encoding:\r\n chunked,x\r\n"),
        post("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        post("Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n"),
        post("Host: a\r\nContent-Length: 5, 5\r\n"),
        post("Host: a\r\nContent-Length: +5\r\n"),
        post("Host: a\r\nContent-Length: -5\r\n"),
        post("Host: a\r\nContent-Length: 0x5\r\n"),
        post("Host: a\r\nContent-Length : 5\r\n"),
        post("Host: a\r\nHost: b\r\n"),
        post("Host: a\r\nX-A: 1\r\nhost: a\r\n"),
        post("Host: a\r\nX\u0000A: 1\r\n"),
        post("Host: a\r\nno colon\r\n"),
        post("Host: a\r\n: no name\r\n"),
        "POST " + PATH + " HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST " + PATH + " HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /health/live\r\n\r\n");
  }

  @ParameterizedTest
  @MethodSource("doubtfulHeads")
  void whereTheNextRequestBeginsIsNeverInDoubt(String head) {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(head + "0\r\n\r\n" + SMUGGLED + SMUGGLED);
      Answer answer = http.read();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.headers()).containsEntry("connection", "close");
      assertThat(http.closedByServer()).isTrue();
    }
    assertThat(node.enqueued).isEmpty();
  }

  @Test
  void aRefusedHeadNamesTheHeader() {
    Answer answer = one(post("Host: a\r\nHost: b\r\n"));
    assertThat(answer.json().getString("field")).isEqualTo("Host");
    answer = one(post("Host: a\r\nTransfer-Encoding: x\r\n"));
    assertThat(answer.json().getString("detail"))
        .isEqualTo("Transfer-Encoding: only chunked is understood");
  }

  private Answer one(String request) {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(request);
      return http.read(request.startsWith("HEAD"));
    }
  }

  @Test
  void trailersAndExtensionsOfChunksAreReadAndIgnored() {
    String body =
        "1;a=b\r\n{\r\n" + Integer.toHexString(GOOD.length() - 1) + "\r\n" + GOOD.substring(1);
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(post("Host: a\r\nTransfer-Encoding: Chunked\r\n") + body);
      http.write("\r\n0\r\nContent-Length: 1000\r\nX-Trailer: 1\r\n\r\n" + SMUGGLED);
      assertThat(http.read().status()).isEqualTo(202);
      assertThat(http.read().status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET http://ovation.example/health/live HTTP/1.1\r\nHost: ovation.example\r\n\r\n",
        "GET /health/live?x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        "\r\nGET /health/live HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\n\r\n",
        "GET /health/live HTTP/1.0\r\n\r\n"
      })
  void unusualButProperRequestsAreAnswered(String request) {
    assertThat(one(request).status()).isEqualTo(200);
  }

  @Test
  void theWholeServerIsAskedForItsMethods() {
    Answer answer = one("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.headers().get("allow")).contains("GET", "POST");
    assertThat(one("GET * HTTP/1.1\r\nHost: a\r\n\r\n").status()).isEqualTo(400);
    assertThat(one("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({
    "//health/live, 404",
    "/health//live, 404",
    "/health/live/, 404",
    "/./health/live, 404",
    "/x/../health/live, 404",
    "/x/%2e%2E/health/live, 404",
    "/%68ealth/live, 404",
    "/health%2Flive, 404",
    "/streams/s1/, 404",
    "/streams/s1, 200",
    "/streams/%73%31, 200",
    "/streams/..., 200",
    "/streams/.., 400",
    "/streams/., 400",
    "/streams/%2e%2e, 400",
    "/objects/-0, 400",
    "/objects/00, 400",
    "/objects/7?, 404"
  })
  void thePathThatIsMatchedIsThePathThatWasSent(String path, int status) {
    Answer answer = one("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer.status()).describedAs(answer.body()).isEqualTo(status);
    if (status == 400 && path.startsWith("/streams")) {
      assertThat(answer.json().getString("detail")).isEqualTo("stream: must not be . or ..");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%",
        "%zz",
        "limit=%2",
        "limit=1&x=%ff",
        "%C3%28",
        "a=%u0041",
        "a=\u00e9",
        "%ed%a0%80"
      })
  void aQueryThatIsNotPercentEncodedUtf8IsRefusedEverywhere(String query) {
    for (String path : List.of("/objects", "/streams/s1", "/streams/s1/events", "/", "/nowhere")) {
      Answer answer = one("GET " + path + "?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(answer.status()).describedAs(path).isEqualTo(400);
      assertThat(answer.json().getString("field")).isEqualTo("query");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"%ff", "%C3", "%ED%A0%BD", "%F4%90%80%80", "%c0%af", "\u00e9", "a%"})
  void aPathThatIsNotPercentEncodedUtf8IsRefused(String id) {
    Answer answer = one("GET /packages/" + id + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("detail")).endsWith("is not percent-encoded UTF-8");
  }

  @ParameterizedTest
  @CsvSource({
    "/objects?limit=1&limit=2, limit",
    "/objects?after=1&limit=5&%61fter=1, after",
    "/streams/s1?regions=1&regions=1, regions",
    "/streams/s1/comments?before=5&before=, before"
  })
  void aParameterThatIsGivenTwiceIsRefused(String target, String field) {
    Answer answer = one("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("detail")).isEqualTo(field + ": given twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1;after=2", ";", "1;"})
  void aSemicolonIsPartOfAParameter(String limit) {
    Answer answer = one("GET /objects?limit=" + limit + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo("limit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "deflate", "identity, gzip", "x"})
  void aBodyThatIsCompressedIsRefused(String encoding) {
    Answer answer =
        one(post("Host: a\r\nContent-Encoding: " + encoding + "\r\nContent-Length: 0\r\n"));
    assertThat(answer.status()).isEqualTo(415);
    assertThat(answer.json().getString("field")).isEqualTo("Content-Encoding");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json; charset=utf-16",
        "text/plain;charset=ISO-8859-1",
        "application/json; CHARSET=\"latin1\""
      })
  void aBodyInAnotherEncodingIsRefused(String type) {
    assertThat(RawHttp.send(node.port, "POST", PATH, type, GOOD.getBytes()).status())
        .isEqualTo(415);
  }

  @Test
  void aByteOrderMarkIsNamed() {
    Answer answer = RawHttp.post(node.port, PATH, "\ufeff" + GOOD);
    assertThat(answer.json().getString("detail")).contains("byte order mark of UTF-8");
    byte[] utf16 = GOOD.getBytes(java.nio.charset.StandardCharsets.UTF_16);
    answer = RawHttp.send(node.port, "POST", PATH, "", utf16);
    assertThat(answer.json().getString("detail")).contains("byte order mark of UTF-16");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"user\":hello}",
        "{'user':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{/**/}",
        "{\"a\":1e999999999999}"
      })
  void aDetailHasNoWordsOfALibrary(String body) {
    String detail = RawHttp.post(node.port, PATH, body).json().getString("detail");
    assertThat(detail)
        .doesNotContainIgnoringCase(
            "token", "expecting", "expected", "parser", "Feature", "character (", "Exception");
  }

  @Test
  void aClientThatClosedItsSideStillGetsItsAnswers() throws Exception {
    BlockingQueue<Promise<String>> held = new LinkedBlockingQueue<>();
    node.queue =
        request -> {
          Promise<String> confirm = Promise.promise();
          held.add(confirm);
          return confirm.future();
        };
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(RawHttp.head("POST", PATH, "", GOOD.length()) + GOOD);
      http.shutdownOutput();
      held.take().complete("");
      assertThat(http.read().status()).isEqualTo(202);
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void pipelinedRequestsOfAClientThatClosedItsSideAreAllAnswered() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(SMUGGLED + SMUGGLED + SMUGGLED);
      http.shutdownOutput();
      for (int i = 0; i < 3; i++) {
        assertThat(http.read().status()).isEqualTo(200);
      }
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void aClientThatClosedItsSideInTheMiddleOrWithoutAskingIsClosed() {
    for (String part : List.of("", "GET / HT", RawHttp.head("POST", PATH, "", 100) + "{")) {
      try (RawHttp http = new RawHttp(node.port)) {
        http.write(part);
        http.shutdownOutput();
        assertThat(http.closedByServer()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip|true",
        "br, GZIP;q=0.5|true",
        "*|true",
        "gzip; q=1.000|true",
        "gzip;q=0|false",
        "gzip; q=0.0|false",
        "br, gzip ; Q=0.000|false",
        "*;q=0|false",
        "gzip;q=0, *|false",
        "x-gzip|false",
        "gzip;q=high|false",
        "identity|false",
        "br & gzip|true",
        "gzip;q=0 & *|false"
      })
  void aWeightOfZeroMeansNo(String accepted, boolean zipped) {
    String headers = "Accept-Encoding: " + accepted.replace(" & ", "\r\nAccept-Encoding: ");
    Answer answer = one("HEAD /ovation.js HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n\r\n");
    assertThat("gzip".equals(answer.headers().get("content-encoding"))).isEqualTo(zipped);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/openapi.yaml",
        "/health/ready",
        "/health/live",
        "/streams/s1",
        "/objects",
        PATH,
        "/callback",
        "/packages",
        "/nowhere"
      })
  void headIsAllowedWhereGetIs(String path) {
    Answer get = one("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    Answer head = one("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(head.status()).isEqualTo(get.status());
    assertThat(head.headers().get("allow")).isEqualTo(get.headers().get("allow"));
    assertThat(head.headers().get("content-type")).isEqualTo(get.headers().get("content-type"));
    String allowed = one("PATCH " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").headers().get("allow");
    if (allowed != null) {
      assertThat(allowed.contains("HEAD"))
          .isEqualTo(allowed.contains("GET"))
          .isEqualTo(get.status() != 405);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/nowhere", "/streams/s1/events?user=b", "/streams/../events", "/objects/x"})
  void whoAcceptsEventsIsToldByAnEvent(String path) {
    Answer answer =
        one("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers()).containsEntry("content-type", "text/event-stream");
    assertThat(answer.headers().get("cache-control")).contains("no-transform");
    assertThat(answer.body())
        .startsWith("retry: ")
        .contains("id: stop\ndata: {\"type\":\"error\"")
        .endsWith("\n\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"*/*", "text/event-stream;q=0", "text/html", "application/json"})
  void whoDoesNotIsToldByTheStatus(String accept) {
    Answer answer = one("GET /nowhere HTTP/1.1\r\nHost: a\r\nAccept: " + accept + "\r\n\r\n");
    assertThat(answer.status()).isEqualTo(404);
  }

  @Test
  void anOutageIsNoReasonToStop() {
    node.streams = stream -> Future.failedFuture(new IllegalStateException("away"));
    String head = "GET /streams/s1 HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n";
    String body = one(head).body();
    assertThat(body).contains("\"code\":\"unavailable\"").doesNotContain("id: stop");
  }
}
