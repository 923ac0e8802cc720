package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawHttp;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A client that does not wait for its answers has its comments stored together. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelinedPostsTest {
  private final Map<String, Promise<String>> waiting = new ConcurrentHashMap<>();
  private HttpFixture node;

  @BeforeAll
  void start() throws Exception {
    node = new HttpFixture();
  }

  @AfterAll
  void stop() throws Exception {
    node.close();
  }

  /** The queue confirms the first comment of a connection at once, and the others when told to. */
  @BeforeEach
  void holdAllButTheFirst() {
    waiting.clear();
    node.enqueued.clear();
    node.queue =
        request -> {
          if (request.getId().equals("0")) {
            return Future.succeededFuture("0");
          }
          Promise<String> confirm = Contexts.promise(Vertx.currentContext().owner());
          waiting.put(request.getId(), confirm);
          return confirm.future();
        };
  }

  @AfterEach
  void confirmAll() {
    waiting.values().forEach(confirm -> confirm.tryComplete(""));
  }

  private static String post(int id, String more) {
    String body = "{\"user\":\"alice\",\"text\":\"hi\",\"id\":\"%d\"}".formatted(id);
    return "POST /streams/s1/comments HTTP/1.1\r\nHost: a\r\nOrigin: http://page\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(more, body.length(), body);
  }

  private static String posts(int count) {
    StringBuilder all = new StringBuilder();
    for (int id = 0; id < count; id++) {
      all.append(post(id, ""));
    }
    return all.toString();
  }

  private void awaitEnqueued(int count) {
    Await.until(
        () -> count + " enqueued, not " + node.enqueued.size(),
        Duration.ofSeconds(10),
        () -> node.enqueued.size() == count);
  }

  private void confirm(int id) {
    waiting.remove(Integer.toString(id)).complete("");
  }

  private static void assertAccepted(RawHttp http, int id) {
    RawHttp.Answer answer = http.read();
    assertThat(answer.body()).isEqualTo("{\"id\":\"%d\",\"status\":\"pending\"}".formatted(id));
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.headers())
        .containsEntry("content-type", "application/json")
        .containsEntry("access-control-allow-origin", "*");
  }

  @Test
  void allWaitTogetherAndAreAnsweredInTheirOrder() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(posts(12));
      awaitEnqueued(12);
      assertThat(node.enqueued.stream().map(CommentRequest::getId))
          .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11");
      assertAccepted(http, 0);
      for (int id = 11; id > 0; id--) {
        confirm(id);
      }
      for (int id = 1; id < 12; id++) {
        assertAccepted(http, id);
      }
      http.write(post(0, ""));
      assertAccepted(http, 0);
    }
  }

  @Test
  void refusalsKeepTheirPlace() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(posts(2) + post(2, "Content-Type: image/png\r\n") + post(3, ""));
      awaitEnqueued(3);
      confirm(3);
      confirm(1);
      assertAccepted(http, 0);
      assertAccepted(http, 1);
      RawHttp.Answer refused = http.read();
      assertThat(refused.status()).isEqualTo(415);
      assertThat(refused.json().getString("field")).isEqualTo("Content-Type");
      assertAccepted(http, 3);
    }
  }

  @Test
  void aQueueThatFailsLaterIsAnsweredInPlaceToo() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(posts(3));
      awaitEnqueued(3);
      waiting.remove("1").fail(new BrokerUnavailable("gone"));
      confirm(2);
      assertAccepted(http, 0);
      RawHttp.Answer refused = http.read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.headers()).containsKey("retry-after");
      assertThat(refused.json().getString("code")).isEqualTo("unavailable");
      assertAccepted(http, 2);
    }
  }

  @Test
  void whatIsNoPostWaitsForTheAnswersBeforeIt() {
    try (RawHttp http = new RawHttp(node.port)) {
      String get = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";
      http.write(posts(3) + get + post(3, "") + post(4, ""));
      awaitEnqueued(3);
      confirm(2);
      confirm(1);
      for (int id = 0; id < 3; id++) {
        assertAccepted(http, id);
      }
      assertThat(http.read().json().getString("status")).isEqualTo("live");
      awaitEnqueued(5);
      confirm(4);
      confirm(3);
      assertAccepted(http, 3);
      assertAccepted(http, 4);
    }
  }

  @Test
  void moreThanTheNodeTakesAreRefusedOneByOne() {
    try (RawHttp http = new RawHttp(node.port)) {
      int count = 600;
      http.write(posts(count));
      awaitEnqueued(1 + HttpFixture.IN_FLIGHT);
      for (int id = 1; id <= HttpFixture.IN_FLIGHT; id++) {
        confirm(id);
      }
      for (int id = 0; id <= HttpFixture.IN_FLIGHT; id++) {
        assertAccepted(http, id);
      }
      for (int id = 1 + HttpFixture.IN_FLIGHT; id < count; id++) {
        Promise<String> confirm = waiting.remove(Integer.toString(id));
        if (confirm != null) {
          confirm.complete("");
        }
        assertThat(http.read().status()).isIn(202, 429);
      }
    }
  }

  @Test
  void aConnectionThatIsToBeClosedGetsItsAnswersFirst() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(posts(3) + post(3, "Connection: close\r\n"));
      awaitEnqueued(4);
      for (int id = 3; id > 0; id--) {
        confirm(id);
      }
      for (int id = 0; id < 4; id++) {
        assertAccepted(http, id);
      }
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void aClientThatHasClosedItsSendingSideGetsItsAnswers() {
    try (RawHttp http = new RawHttp(node.port)) {
      http.write(posts(3));
      http.shutdownOutput();
      awaitEnqueued(3);
      confirm(2);
      confirm(1);
      for (int id = 0; id < 3; id++) {
        assertAccepted(http, id);
      }
      assertThat(http.closedByServer()).isTrue();
    }
  }
}
