package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node whose hooks are answered by the back end of {@code examples/backend}. */
@ExtendWith(ShowLogs.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HooksIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String AUTH = "a-secret-of-32-characters-or-more";
  private static final String HOOKS = "a-secret-of-hooks";

  private final int port = Ports.free();
  private Process backEnd;
  private NodeProcess node;

  @BeforeAll
  void start() throws IOException {
    ProcessBuilder command = new ProcessBuilder("node", "examples/backend/backend.mjs");
    command.environment().put("OVATION_AUTH_SECRET", AUTH);
    command.environment().put("OVATION_HOOKS_SECRET", HOOKS);
    command.environment().put("PORT", Integer.toString(port));
    backEnd = command.redirectErrorStream(true).redirectOutput(new File("/dev/null")).start();
    String url = "http://127.0.0.1:" + port + "/hooks";
    node =
        NodeProcess.start(
                NodeSpec.named("hooks")
                    .env("OVATION_AUTH_SECRET", AUTH)
                    .env("OVATION_HOOKS_WATCH", url)
                    .env("OVATION_HOOKS_COMMENT", url)
                    .env("OVATION_HOOKS_SECRET", HOOKS)
                    .env("OVATION_HOOKS_TIMEOUT", "5s")
                    .env("OVATION_HOOKS_BREAKER_FAILURES", "3"))
            .awaitReady();
  }

  @AfterAll
  void stop() {
    node.close();
    backEnd.destroyForcibly();
  }

  private Api.Answer comment(String text) {
    JsonObject body = JsonObject.of("user", "alice", "text", text);
    return node.api().post("/streams/s1/comments", body.encode());
  }

  @Test
  @Order(1)
  void theBackEndDecidesOnCommentsOfEachDoor() {
    try (TestViewer viewer = TestViewer.watch(node, "s1", "bob")) {
      Api.Answer denied = comment("the best casino");
      assertThat(denied.status()).isEqualTo(403);
      assertThat(denied.json().getString("code")).isEqualTo("denied");
      assertThat(denied.json().getString("detail")).contains("no advertising");
      assertThat(comment("spoiler: he dies").json().getString("status")).isEqualTo("held");
      assertThat(comment("fine :)").status()).isEqualTo(202);
      viewer.awaitMessage("comment", m -> m.getString("text").equals("fine 🙂"));
      viewer.send(JsonObject.of("type", "comment", "text", "casino", "id", "c1"));
      JsonObject error = viewer.awaitMessage("error", m -> "c1".equals(m.getString("id")));
      assertThat(error.getString("code")).isEqualTo("denied");
      viewer.send(JsonObject.of("type", "comment", "text", "mine :)", "id", "c2"));
      JsonObject mine = viewer.awaitMessage("comment", m -> m.getString("text").equals("mine 🙂"));
      assertThat(mine.getJsonObject("profile").getString("name")).isEqualTo("BOB");
      assertThat(viewer.all("comment")).hasSize(2);
    }
  }

  @Test
  @Order(1)
  void theBackEndRefusesViewersOnEachDoorWithAReason() {
    String watch = TestViewer.watchMessage("s1", "stranger").encode();
    for (String path : List.of("/live/websocket", "/live/000/abcd/websocket")) {
      try (RawViewer viewer = new RawViewer(node.port(), path)) {
        viewer.say(path.equals("/live/websocket") ? watch : JsonArray.of(watch).encode());
        JsonObject refused = viewer.next("error");
        assertThat(refused.getString("code")).isEqualTo("denied");
        assertThat(refused.getString("detail")).contains("members only");
      }
    }
    RawHttp.Answer sse = RawHttp.get(node.port(), "/streams/s1/events?user=stranger");
    assertThat(sse.status()).isEqualTo(403);
    assertThat(sse.json().getString("detail")).contains("members only");
    try (RawHttp http = new RawHttp(node.port())) {
      http.write("GET /streams/s1/events?user=bob HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(http.read(true).status()).isEqualTo(200);
    }
  }

  /** With {@code hooks.on_timeout: allow}. */
  @Test
  @Order(2)
  void withoutItsBackEndANodeServesAllAndTheBreakerOpens() {
    backEnd.destroyForcibly();
    Await.until(
        "the breaker",
        LIMIT,
        () -> {
          assertThat(comment("the best casino").status()).isEqualTo(202);
          return node.metrics().sum("ovation_hooks_breaker_open{hook=\"comment\"}") == 1;
        });
    try (TestViewer stranger = TestViewer.watch(node, "s1", "stranger")) {
      assertThat(stranger.watchingOffset()).isPositive();
    }
  }
}
