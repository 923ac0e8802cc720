package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.ingress.OpenApiContract.Operation;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A page of another origin can read whatever it is answered, and learns beforehand what it may. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrossOriginTest {
  private static final String PAGE = "Host: a\r\nOrigin: https://page.example\r\n";
  private static final String COMMENTS = "/streams/s1/comments";

  private HttpFixture node;

  @BeforeAll
  void start() throws Exception {
    node = new HttpFixture();
  }

  @AfterAll
  void stop() throws Exception {
    node.close();
  }

  private Answer ask(String line, String headers, String body) {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(line + " HTTP/1.1\r\n" + PAGE + headers + "\r\n" + body);
      return http.read(line.startsWith("HEAD"));
    }
  }

  private static String length(int length) {
    return "Content-Type: application/json\r\nContent-Length: " + length + "\r\n";
  }

  @ParameterizedTest
  @CsvSource({
    "GET /streams/s1, 200",
    "HEAD /streams/s1, 200",
    "GET /ovation.js, 200",
    "GET /streams/s1/comments?limit=0, 400",
    "GET /streams/s1/held, 401",
    "DELETE /streams/s1/bans/bob, 401",
    "GET /objects/x, 400",
    "GET /objects/7, 404",
    "GET /nowhere, 404",
    "PATCH /streams/s1, 405",
    // Refused before any route is asked.
    "GET //streams/s1, 404",
    "GET /streams/.., 400",
    "GET /streams/s1?x=%zz, 400",
    "GET /streams/s1?regions=1&regions=1, 400"
  })
  void everyAnswerCanBeRead(String line, int status) {
    Answer answer = ask(line, "", "");
    assertThat(answer.status()).describedAs(answer.body()).isEqualTo(status);
    assertReadable(answer);
  }

  @ParameterizedTest
  @CsvSource({
    "'{}', 400",
    "'{\"user\":\"a\",\"text\":\"hi\"}', 202",
    "'{\"user\":\"a\",\"text\":\"hi\"', 400",
  })
  void whateverAPostHasDoneItsPageIsTold(String body, int status) {
    Answer answer = ask("POST " + COMMENTS, length(body.length()), body);
    assertThat(answer.status()).isEqualTo(status);
    assertReadable(answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 99999999",
        "Content-Encoding: br\r\nContent-Length: 2",
        "Content-Type: text/html\r\nContent-Length: 2",
        "Authorization: Bearer nonsense\r\nContent-Length: 0",
        "Transfer-Encoding: identity",
        "Host: b",
        "Upgrade: websocket",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8",
      })
  void whatIsRefusedByItsHeadersIsToldToo(String headers) {
    Answer answer = ask("POST " + COMMENTS, headers + "\r\n", "");
    assertThat(answer.status()).isBetween(400, 499);
    assertReadable(answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/streams/..", "/nowhere", "/streams/s1?x=%zz", "//live"})
  void anEventSourceOfAnotherOriginIsToldAsWell(String path) {
    Answer answer = ask("GET " + path, "Accept: text/event-stream\r\n", "");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).contains("retry: ", "\"type\":\"error\"");
    assertReadable(answer);
  }

  private static void assertReadable(Answer answer) {
    assertThat(answer.headers())
        .containsEntry("access-control-allow-origin", "*")
        .doesNotContainKeys("access-control-allow-credentials", "set-cookie");
    assertThat(answer.headers().get("access-control-expose-headers")).contains("Retry-After");
  }

  /** Each operation of the OpenAPI file, what it leaves out, and what is not there. */
  static List<Arguments> preflights() {
    List<Arguments> all = new ArrayList<>();
    for (Operation operation : OpenApiContract.shipped().operations()) {
      String path = operation.path().replaceAll("\\{\\w+}", "s1");
      all.add(Arguments.of(path, operation.method()));
    }
    assertThat(all).hasSizeGreaterThan(25);
    all.add(Arguments.of("/live/0/s/xhr_send", "POST"));
    all.add(Arguments.of("/nowhere", "PUT"));
    return all;
  }

  @ParameterizedTest
  @MethodSource("preflights")
  void preflightsAreAnsweredAndTakeNoEffect(String path, String method) {
    node.enqueued.clear();
    String asks =
        "Access-Control-Request-Method: "
            + method
            + "\r\nAccess-Control-Request-Headers: authorization,content-type\r\n";
    Answer answer = ask("OPTIONS " + path, asks, "");
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.headers().get("access-control-allow-methods")).contains(method);
    assertThat(answer.headers().get("access-control-allow-headers"))
        .contains("Authorization", "Content-Type");
    assertReadable(answer);
    assertThat(node.enqueued).isEmpty();
  }
}
