package io.ovation.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.BrokerUnavailable;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is refused over HTTP and had an id, the problem has it. */
class RefusedIdsTest {
  private static final String COMMENT = "{\"user\":\"alice\",\"text\":\"hi\",\"id\":\"c1\"}";
  private static final String COMMENTS = "/streams/s1/comments";

  @RegisterExtension final HttpFixture node = new HttpFixture();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        // another field is at fault
        "/streams/s1/comments | '' | {\"user\":\"a\",\"text\":\"\",\"id\":\"x\"} | 400 | x",
        "/streams/s1/comments | '' | {\"id\":\"x\",\"text\":\"hi\"} | 400 | x",
        "/streams/a%20b/comments | '' | {\"user\":\"a\",\"text\":\"hi\",\"id\":\"x\"} | 400 | x",
        "/streams/s1/reactions | '' | {\"user\":\"a\",\"kind\":\"boo\",\"id\":\"x\"} | 400 | x",
        "/streams/s1/events | host h s1 | {\"name\":\"a b\",\"id\":\"x\"} | 400 | x",
        "/packages | '' | {\"type\":7,\"payload\":1,\"id\":\"x\"} | 400 | x",
        // the id itself is, and may be sent back
        "/streams/s1/comments | '' | {\"user\":\"a\",\"text\":\"hi\",\"id\":\"\\n\"} | 400 | ~\n~",
        // it is none
        "/streams/s1/comments | '' | {\"user\":\"a\",\"text\":\"hi\",\"id\":7} | 400 | ~~",
        "/streams/s1/comments | '' | {\"user\":\"a\",\"text\":\"\"} | 400 | ~~",
        // damaged JSON
        "/streams/s1/comments | '' | {\"id\":\"x\",\"user\":\"a\",\"text | 400 | x",
        "/streams/s1/reactions | '' | {\"user\":\"a\",\"user\":\"b\",\"id\":\"x\"} | 400 | x",
        "/streams/s1/events | host h s1 | {\"name\":oops,\"id\":\"x\"} | 400 | x",
        "/packages | '' | {\"type\":\"t\",,\"id\":\"x\"} | 400 | x",
        // the token is refused, before the body is read and after
        "/streams/s1/comments | nonsense | {\"user\":\"a\",\"text\":\"hi\",\"id\":\"x\"} | 401 | x",
        "/streams/s1/comments | viewer a s2 | {\"user\":\"a\",\"text\":\"hi\",\"id\":\"x\"} | 403 | x",
        "/streams/s1/comments | viewer b s1 | {\"user\":\"a\",\"text\":\"hi\",\"id\":\"x\"} | 403 | x",
        "/streams/s1/reactions | viewer b s1 | {\"user\":\"a\",\"kind\":\"like\",\"id\":\"x\"} | 403 | x",
        "/streams/s1/events | '' | {\"name\":\"score\",\"id\":\"x\"} | 401 | x",
        "/streams/s1/events | viewer a s1 | {\"name\":\"score\",\"id\":\"x\"} | 403 | x",
        // the path names it
        "/streams/s1/held/x | moderator m s1 | {\"action\":\"maybe\"} | 400 | x",
        "/streams/s1/held/x | moderator m s1 | {\"action\":\"deny\"} | 404 | x",
        "/streams/s1/held/x | viewer a s1 | {\"action\":\"deny\"} | 403 | x",
        "/streams/s1/comments/x/reports | '' | {\"user\":\"a\"} | 400 | x",
        "/packages/x/send-back | '' | {} | 404 | x",
      })
  void aRefusalHasTheIdThatWasSent(String path, String token, String body, int status, String id) {
    assertRefused(send(path, token.equals("''") ? "" : token, body), status, id);
  }

  @Test
  void theSameIdWithAnotherTextIsToldWithIt() {
    assertThat(RawHttp.post(node.port, COMMENTS, COMMENT).status()).isEqualTo(202);
    assertRefused(RawHttp.post(node.port, COMMENTS, COMMENT.replace("hi", "no")), 409, "c1");
    String work = "{\"id\":\"p1\",\"type\":\"log\",\"payload\":1}";
    assertThat(RawHttp.post(node.port, "/packages", work).status()).isEqualTo(202);
    assertRefused(RawHttp.post(node.port, "/packages", work.replace("1}", "2}")), 409, "p1");
  }

  @Test
  void whatRulesOfTheStreamRefuseHasIt() {
    send("PUT", "/streams/s1/settings", "moderator m s1", "{\"slow_mode\":\"1m\"}");
    assertThat(RawHttp.post(node.port, COMMENTS, COMMENT).status()).isEqualTo(202);
    assertRefused(RawHttp.post(node.port, COMMENTS, COMMENT.replace("c1", "c2")), 429, "c2");
    send("PUT", "/streams/s1/settings", "moderator m s1", "{\"read_only\":true}");
    assertRefused(RawHttp.post(node.port, COMMENTS, COMMENT.replace("c1", "c3")), 403, "c3");
    send("PUT", "/streams/s2/bans/alice", "moderator m s2", "{}");
    String elsewhere = COMMENTS.replace("s1", "s2");
    assertRefused(RawHttp.post(node.port, elsewhere, COMMENT.replace("c1", "c4")), 403, "c4");
  }

  @Test
  void withoutTheQueueItIsTold() {
    node.queue = comment -> Future.failedFuture(new BrokerUnavailable("away"));
    node.reactionQueue = batch -> Future.failedFuture(new BrokerUnavailable("away"));
    node.eventQueue = event -> Future.failedFuture(new BrokerUnavailable("away"));
    node.packageQueue = item -> Future.failedFuture(new BrokerUnavailable("away"));
    assertRefused(RawHttp.post(node.port, COMMENTS, COMMENT), 503, "c1");
    String reaction = "{\"user\":\"a\",\"kind\":\"like\",\"id\":\"r1\"}";
    assertRefused(RawHttp.post(node.port, "/streams/s1/reactions", reaction), 503, "r1");
    String event = "{\"name\":\"score\",\"id\":\"e1\"}";
    assertRefused(send("/streams/s1/events", "host h s1", event), 503, "e1");
    String work = "{\"id\":\"p1\",\"type\":\"log\",\"payload\":1}";
    assertRefused(RawHttp.post(node.port, "/packages", work), 503, "p1");
  }

  @Test
  void atABusyDoorItIsTold() {
    node.queue = comment -> Promise.<String>promise().future();
    try (RawHttp sentAhead = new RawHttp(node.port)) {
      String head = RawHttp.head("POST", COMMENTS, "application/json", COMMENT.length());
      for (int i = 10; i < 10 + HttpFixture.IN_FLIGHT; i++) {
        String comment = COMMENT.replace("\"c1\"", "\"" + i + "\"");
        sentAhead.write(head + comment);
      }
      // The next of the same connection is refused once the queue has answered; so another asks.
      while (node.enqueued.size() < HttpFixture.IN_FLIGHT) {
        Thread.onSpinWait();
      }
      assertRefused(RawHttp.post(node.port, COMMENTS, COMMENT), 429, "c1");
    }
  }

  /** Their answers wait for one another, and are given in the order of the requests. */
  @Test
  void eachOfSeveralThatWereSentAheadIsRefusedByItsOwn() throws Exception {
    BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
    node.queue =
        comment -> {
          Promise<String> confirm = Promise.promise();
          // As the queue does it: where it was called.
          Context loop = Objects.requireNonNull(Vertx.currentContext());
          held.add(() -> loop.runOnContext(v -> confirm.fail(new BrokerUnavailable("away"))));
          return confirm.future();
        };
    try (RawHttp sentAhead = new RawHttp(node.port)) {
      StringBuilder all = new StringBuilder();
      for (String id : List.of("c1", "c2", "c3")) {
        all.append(RawHttp.head("POST", COMMENTS, "application/json", COMMENT.length()));
        all.append(COMMENT.replace("c1", id));
      }
      sentAhead.write(all.toString());
      for (int i = 0; i < 3; i++) {
        Objects.requireNonNull(held.poll(10, TimeUnit.SECONDS), "stored together").run();
      }
      for (String id : List.of("c1", "c2", "c3")) {
        assertRefused(sentAhead.read(), 503, id);
      }
    }
  }

  @Test
  void whatIsTooLargeHasItWhereverItStands() {
    String big = "\"text\":\"" + "x".repeat(HttpFixture.BODY_LIMIT) + "\"";
    String first = "{\"id\":\"c1\"," + big + "}";
    assertRefused(RawHttp.post(node.port, COMMENTS, first), 413, "c1");
    assertRefused(RawHttp.post(node.port, COMMENTS, "{" + big + ",\"id\":\"c2\"}"), 413, "c2");
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(RawHttp.head("POST", COMMENTS, "application/json", -1));
      http.write(Integer.toHexString(first.length()) + "\r\n" + first + "\r\n");
      assertRefused(http.read(), 413, "c1");
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void whatIsFarTooLargeIsNotReadForIt() {
    try (RawHttp http = new RawHttp(node.port)) {
      int length = 4 * HttpFixture.BODY_LIMIT + 1;
      http.write(RawHttp.head("POST", COMMENTS, "application/json", length));
      assertRefused(http.read(), 413, "");
    }
  }

  private Answer send(String path, String token, String body) {
    return send("POST", path, token, body);
  }

  private Answer send(String method, String path, String token, String body) {
    try (RawHttp http = new RawHttp(node.port)) {
      String head = RawHttp.head(method, path, "application/json", body.getBytes(UTF_8).length);
      String authorization = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
      http.write(head.substring(0, head.length() - 2) + authorization + "\r\n" + body);
      return http.read();
    }
  }

  @Test
  void twoTokensAreRefusedSinceAProxyMayHaveCheckedTheOther() {
    String head = RawHttp.head("GET", "/streams/s1/held", "application/json", 0);
    String token = "Authorization: Bearer moderator mod s1\r\n";
    for (String tokens : List.of(token, token + "Authorization: Bearer viewer bob s1\r\n")) {
      try (RawHttp http = new RawHttp(node.port)) {
        http.write(head.substring(0, head.length() - 2) + tokens + "\r\n");
        assertThat(http.read().status()).isEqualTo(tokens.equals(token) ? 200 : 401);
      }
    }
  }

  private static void assertRefused(Answer answer, int status, String id) {
    assertThat(answer.status()).describedAs(answer.body()).isEqualTo(status);
    assertThat(answer.json().getString("id", "")).describedAs(answer.body()).isEqualTo(id);
  }
}
