package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Limits per user and per address, on each door; this machine is a trusted proxy. */
@ExtendWith(ShowLogs.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsIT {
  private NodeProcess node;

  @BeforeAll
  void start() {
    // Bursts of one.
    node =
        NodeProcess.start(
                NodeSpec.named("limits")
                    .env("OVATION_HTTP_TRUSTED_PROXIES", "127.0.0.0/8 ::1")
                    .env("OVATION_HTTP_CONNECTIONS_PER_ADDRESS", "1")
                    .env("OVATION_LIMITS_COMMENTS_PER_ADDRESS", "1")
                    .env("OVATION_LIMITS_REACTIONS_PER_USER", "1")
                    .env("OVATION_LIMITS_WATCHES_PER_USER", "1"))
            .awaitReady();
  }

  @AfterAll
  void stop() {
    node.close();
  }

  private Answer post(String what, String body, String client) {
    try (RawHttp http = new RawHttp(node.port())) {
      http.write(
          "POST /streams/s1/%s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Type: "
                  .formatted(what, client)
              + "application/json\r\nContent-Length: %d\r\n\r\n%s".formatted(body.length(), body));
      return http.read(false);
    }
  }

  @Test
  void eachAddressHasItsOwnRateBehindATrustedProxy() {
    String alice = "{\"user\":\"alice\",\"text\":\"hi\"}";
    assertThat(post("comments", alice, "203.0.113.5").status()).isEqualTo(202);
    // Another name, and what the client itself wrote into the header, don't help.
    Answer refused = post("comments", alice.replace("alice", "bob"), "1.2.3.4, 203.0.113.5");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.json().getString("code")).isEqualTo("rate");
    assertThat(Integer.parseInt(refused.headers().get("retry-after"))).isBetween(1, 60);
    assertThat(post("comments", alice, "203.0.113.6").status()).isEqualTo(202);
    assertThat(node.metrics().has("ovation_limits_refused_total")).isTrue();
  }

  @Test
  void aUsersReactionsAreLimitedOverHttp() {
    String like = "{\"user\":\"carol\",\"kind\":\"like\"}";
    assertThat(post("reactions", like, "203.0.113.7").status()).isEqualTo(202);
    assertThat(post("reactions", like, "203.0.113.8").status()).isEqualTo(429);
  }

  @Test
  void viewersAreLimitedToo() {
    try (TestViewer viewer = TestViewer.watch(node, "s1", "dave")) {
      viewer.send(JsonObject.of("type", "comment", "text", "hi", "id", "c1"));
      viewer.awaitMessage("accepted", m -> m.getString("id").equals("c1"));
      viewer.send(JsonObject.of("type", "comment", "text", "hi", "id", "c2"));
      assertLimited(viewer, "c2");
      viewer.send(JsonObject.of("type", "reaction", "kind", "like", "id", "r1"));
      viewer.send(JsonObject.of("type", "reaction", "kind", "like", "id", "r2"));
      assertLimited(viewer, "r2");
      viewer.send(TestViewer.watchMessage("s1", "dave").put("id", "w2"));
      assertLimited(viewer, "w2");
      Answer sse = RawHttp.get(node.port(), "/streams/s1/events?user=dave");
      assertThat(sse.status()).isEqualTo(429);
      try (RawViewer second = new RawViewer(node.port(), "/live/websocket")) {
        second.say(TestViewer.watchMessage("s1", "erin").encode());
        JsonObject error = second.next("error");
        assertThat(error.getString("code")).isEqualTo("rate");
        assertThat(error.getString("detail")).contains("1 connections");
      }
    }
  }

  /** The proxy's own connections are not counted, but whom they stand for. */
  @Test
  void aClientHasItsConnectionsBehindATrustedProxyAndOthersHaveTheirs() {
    RawHttp first = watch("203.0.113.20", "frank");
    assertThat(first.read(true).status()).isEqualTo(200);
    try (RawHttp second = watch("1.2.3.4, 203.0.113.20", "grace");
        RawHttp other = watch("203.0.113.21", "heidi")) {
      assertThat(second.read(true).status()).isEqualTo(429);
      assertThat(other.read(true).status()).isEqualTo(200);
    }
    first.close();
    int[] user = {0};
    Await.until(
        "its place",
        Duration.ofSeconds(20),
        () -> {
          try (RawHttp again = watch("203.0.113.20", "ivan" + user[0]++)) {
            return again.read(true).status() == 200;
          }
        });
  }

  private RawHttp watch(String client, String user) {
    RawHttp http = new RawHttp(node.port());
    http.write(
        "GET /streams/s1/events?user=%s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n\r\n"
            .formatted(user, client));
    return http;
  }

  private static void assertLimited(TestViewer viewer, String id) {
    JsonObject error = viewer.awaitMessage("error", m -> id.equals(m.getString("id")));
    assertThat(error.getString("code")).isEqualTo("rate");
    assertThat(error.getLong("retry_after_ms")).isPositive();
  }
}
