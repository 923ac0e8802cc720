package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each bad request is a problem that names what is wrong, and the node goes on serving. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {
  private static final String PATH = "/streams/s1/comments";
  private static final String GOOD = "{\"user\":\"alice\",\"text\":\"hi\"}";
  private static final String SPACES_PAST_LIMIT = " ".repeat(65 * 1024);

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
  }

  @AfterEach
  void theNodeGoesOnServing() {
    assertThat(RawHttp.post(node.port, PATH, GOOD).status()).isEqualTo(202);
  }

  private static final String CHUNKED =
      "POST " + PATH + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String WHOLE = Integer.toHexString(GOOD.length()) + "\r\n" + GOOD + "\r\n";

  /** Nothing that follows is read, and nothing is taken, however complete the JSON was. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "zz\r\n",
        "-1\r\n",
        "0x5\r\nhello\r\n",
        "FFFFFFFFF\r\n",
        "\r\n",
        "5\r\nhelloGET / HTTP/1.1\r\n",
      })
  void aDamagedChunkIsRefusedAndTheConnectionClosed(String chunk) {
    for (String before : new String[] {"", WHOLE}) {
      for (boolean together : new boolean[] {true, false}) {
        try (RawHttp http = new RawHttp(node.port)) {
          http.write(CHUNKED + before + (together ? chunk : ""));
          http.write(
              (together ? "" : chunk) + "0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: b\r\n\r\n");
          Answer answer = http.read();
          assertInvalid(answer, "body");
          assertThat(answer.headers()).containsEntry("connection", "close");
          assertThat(http.closedByServer()).isTrue();
        }
      }
    }
    assertThat(node.enqueued).isEmpty();
  }

  /** Where nobody waits for a body, or another answer is owed, the connection is just closed. */
  @Test
  void aDamagedChunkThatNobodyWaitsForEndsTheConnection() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write("GET /health/live HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      assertThat(http.read().status()).isEqualTo(200);
      http.write("zz\r\n");
      assertThat(http.closedByServer()).isTrue();
    }
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(CHUNKED + WHOLE + "0\r\n\r\n");
      assertThat(http.read().status()).isEqualTo(202);
      http.write(CHUNKED + "zz\r\n");
      assertThat(http.read().status()).isEqualTo(400);
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json | body",
        "[] | body",
        "'' | body",
        "{\"user\":\"a\",\"text\":\"b\"} x | body",
        "{\"text\":\"b\"} | user",
        "{\"user\":null,\"text\":\"b\"} | user",
        "{\"user\":7,\"text\":\"b\"} | user",
        "{\"user\":\"\",\"text\":\"b\"} | user",
        "{\"user\":\"a\"} | text",
        "{\"user\":\"a\",\"text\":[\"b\"]} | text",
        "{\"user\":\"a\",\"text\":\"\"} | text",
        "{\"user\":\"a\",\"text\":\"\\ud83d\"} | text",
        "{\"user\":\"a\",\"text\":\"b\",\"text\":\"c\"} | text",
        "{\"user\":\"a\",\"text\":\"b\",\"id\":1} | id",
        "{\"user\":\"a\",\"text\":\"b\",\"id\":null} | id",
        "{\"user\":\"a\",\"text\":\"b\",\"id\":\"\"} | id",
        "{\"user\":\"a\",\"text\":\"b\",\"id\":\"\\n\"} | id"
      })
  void aBadBodyIsRefusedByItsField(String body, String field) {
    assertInvalid(RawHttp.post(node.port, PATH, body), field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | body",
        "{\"kind\":\"like\"} | user",
        "{\"user\":\"a\"} | kind",
        "{\"user\":\"a\",\"kind\":\"boo\"} | kind",
        "{\"user\":\"a\",\"kind\":7} | kind",
        "{\"user\":\"a\",\"kind\":\"like\",\"count\":0} | count",
        "{\"user\":\"a\",\"kind\":\"like\",\"count\":51} | count",
        "{\"user\":\"a\",\"kind\":\"like\",\"count\":\"1\"} | count",
        "{\"user\":\"a\",\"kind\":\"like\",\"count\":1.5} | count",
        "{\"user\":\"a\",\"kind\":\"like\",\"count\":null} | count",
        "{\"user\":\"a\",\"kind\":\"like\",\"count\":99999999999999999999} | count",
        "{\"user\":\"a\",\"kind\":\"like\",\"id\":\"\"} | id",
        "{\"user\":\"a\",\"kind\":\"like\",\"id\":null} | id"
      })
  void aBadReactionIsRefusedByItsField(String body, String field) {
    assertInvalid(RawHttp.post(node.port, "/streams/s1/reactions", body), field);
    assertThat(node.reactions).isEmpty();
  }

  @Test
  void textsAreMeasuredInCodePoints() {
    assertInvalid(RawHttp.post(node.port, PATH, said("x".repeat(501))), "text");
    assertInvalid(RawHttp.post(node.port, PATH, said("😀".repeat(501))), "text");
    assertThat(RawHttp.post(node.port, PATH, said("😀".repeat(500))).status()).isEqualTo(202);
  }

  @Test
  void invalidUtf8IsRefused() {
    byte[] body = said("caf\u00e9").getBytes(StandardCharsets.ISO_8859_1);
    Answer answer = RawHttp.send(node.port, "POST", PATH, "application/json", body);
    assertInvalid(answer, "body");
    assertThat(answer.json().getString("detail")).contains("UTF-8");
  }

  @Test
  void deepNestingIsRefused() {
    String deep = "{\"user\":\"a\",\"text\":\"b\",\"x\":" + "[".repeat(30_000);
    assertInvalid(RawHttp.post(node.port, PATH, deep), "body");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a%20b", "a%2Fb", "%C3%A9", "%zz", "%", "%C3", "a%00", "a+b"})
  void aBadStreamNameIsRefusedByItsField(String name) {
    assertInvalid(RawHttp.post(node.port, "/streams/" + name + "/comments", GOOD), "stream");
    assertInvalid(RawHttp.get(node.port, "/streams/" + name), "stream");
  }

  @Test
  void tooLongAStreamNameIsRefused() {
    String longest = "/streams/" + "s".repeat(128);
    assertInvalid(RawHttp.post(node.port, longest + "s/comments", GOOD), "stream");
    assertThat(RawHttp.post(node.port, longest + "/comments", GOOD).status()).isEqualTo(202);
  }

  @Test
  void aBodyPastTheLimitIsRefusedBeforeItCame() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(RawHttp.head("POST", PATH, "application/json", 65 * 1024));
      assertTooLarge(http.read());
      http.write(SPACES_PAST_LIMIT);
      assertThat(http.closedByServer()).isTrue();
    }
    assertTooLarge(RawHttp.post(node.port, PATH, SPACES_PAST_LIMIT));
  }

  @Test
  void aChunkedBodyIsRefusedOnceItIsPastTheLimit() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(RawHttp.head("POST", PATH, "application/json", -1));
      for (int sent = 0; sent <= HttpFixture.BODY_LIMIT; sent += 4096) {
        http.write("1000\r\n" + " ".repeat(4096) + "\r\n");
      }
      assertTooLarge(http.read());
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void aClientThatAsksFirstIsToldToGoOnOnlyIfItsBodyIsWanted() {
    String ask = "Expect: 100-continue\r\n\r\n";
    try (RawHttp http = new RawHttp(node.port)) {
      String head = RawHttp.head("POST", PATH, "application/json", GOOD.length());
      http.write(head.substring(0, head.length() - 2) + ask);
      assertThat(http.read().status()).isEqualTo(100);
      http.write(GOOD);
      assertThat(http.read().status()).isEqualTo(202);
    }
    try (RawHttp http = new RawHttp(node.port)) {
      String head = RawHttp.head("POST", PATH, "application/json", 65 * 1024);
      http.write(head.substring(0, head.length() - 2) + ask);
      assertTooLarge(http.read());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/html", "application/xml", "multipart/form-data; boundary=x"})
  void anotherContentTypeIsRefused(String type) {
    Answer answer = RawHttp.send(node.port, "POST", PATH, type, GOOD.getBytes());
    assertThat(answer.status()).isEqualTo(415);
    assertThat(answer.json().getString("field")).isEqualTo("Content-Type");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/x-www-form-urlencoded"
      })
  void jsonByAnyNameIsTaken(String type) {
    assertThat(RawHttp.send(node.port, "POST", PATH, type, GOOD.getBytes()).status())
        .isEqualTo(202);
  }

  @Test
  void aWrongMethodIsToldTheRightOne() {
    Answer answer = RawHttp.get(node.port, "/streams/s1/reactions");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.headers()).containsEntry("allow", "POST");
    Answer stream = RawHttp.post(node.port, "/streams/s1", GOOD);
    assertThat(stream.status()).isEqualTo(405);
    assertThat(stream.headers()).containsEntry("allow", "GET, HEAD");
  }

  private static String said(String text) {
    return "{\"user\":\"alice\",\"text\":\"" + text + "\"}";
  }

  private void assertInvalid(Answer answer, String field) {
    assertThat(answer.status()).describedAs(answer.body()).isEqualTo(400);
    assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(answer.json().getString("code")).isEqualTo("invalid");
    assertThat(answer.json().getString("field")).isEqualTo(field);
    assertThat(answer.json().getString("detail")).startsWith(field + ": ");
    assertThat(node.enqueued).isEmpty();
  }

  private static void assertTooLarge(Answer answer) {
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.json().getString("field")).isEqualTo("body");
    assertThat(answer.json().getString("detail")).contains("65536 bytes (http.body_limit)");
  }
}
