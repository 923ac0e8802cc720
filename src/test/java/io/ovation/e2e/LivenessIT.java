package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api.Answer;
import io.ovation.testkit.Await;
import io.ovation.testkit.Contention;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestOrigin.Reply;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node alone and its origin: callbacks in, objects out, viewers notified. */
@ExtendWith(ShowLogs.class)
class LivenessIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void oneCommandStartsAllThatChecksObjects() {
    try (TestOrigin origin = new TestOrigin().online(id -> id % 2 == 0);
        NodeProcess node = start(origin, Map.of())) {
      Answer answer = node.api().post("/callback", ids(1, 2, 3, 4, 2, 4));
      assertThat(answer.status()).isEqualTo(200);
      Await.until("both to be seen", LIMIT, () -> objects(node).equals(List.of(2L, 4L)));
      Await.until("all to be checked", LIMIT, () -> origin.wasAsked(1) && origin.wasAsked(3));
      assertThat(node.api().get("/objects/2").json().getInstant("last_seen")).isNotNull();
      assertThat(node.api().get("/objects/1").status()).isEqualTo(404);
      assertThat(node.log()).doesNotContain(" WARN ");
    }
  }

  @Test
  void viewersAreNotifiedWhenAStreamGoesLiveAndDark() {
    try (TestOrigin origin = new TestOrigin().atOnce();
        NodeProcess node = start(origin, Map.of("OVATION_LIVENESS_TTL", "3s"));
        TestViewer early = TestViewer.watch(node, "7", "early");
        TestViewer other = TestViewer.watch(node, "8", "other")) {
      assertThat(live(node, "7")).isNull();
      node.api().post("/callback", ids(7));
      assertThat(early.awaitMessage("status", 0)).isEqualTo(status("7", true));
      assertThat(live(node, "7")).isEqualTo(true);

      try (TestViewer late = TestViewer.watch(node, "7", "late")) {
        assertThat(late.awaitMessage("status", 0)).isEqualTo(status("7", true));
        int mark = early.mark();
        int lateMark = late.mark();
        // Seen again, it stays live, and nobody is notified of what has not changed.
        node.api().post("/callback", ids(7));
        Await.until("the key's end", LIMIT, () -> node.api().get("/objects/7").status() == 404);
        long end = System.nanoTime();
        assertThat(early.awaitMessage("status", mark)).isEqualTo(status("7", false));
        Duration told = Duration.ofNanos(System.nanoTime() - end);
        assertThat(told).isLessThan(Contention.allowedFor(Duration.ofSeconds(2)));
        assertThat(late.awaitMessage("status", lateMark)).isEqualTo(status("7", false));
      }
      assertThat(live(node, "7")).isEqualTo(false);
      assertThat(live(node, "9")).isNull();
      try (TestViewer last = TestViewer.watch(node, "7", "last")) {
        assertThat(last.awaitMessage("status", 0)).isEqualTo(status("7", false));
      }
      assertThat(other.all("status")).describedAs("to the viewer of another stream").isEmpty();
    }
  }

  @Test
  void acceptedIdsOfAKilledNodeAreCheckedAfterItsRestart() {
    try (TestOrigin origin = new TestOrigin().atOnce()) {
      NodeProcess node = start(origin, Map.of("OVATION_LIVENESS_TTL", "2m"));
      node.api().post("/callback", ids(7));
      Await.until("7 to be seen", LIMIT, () -> objects(node).equals(List.of(7L)));
      origin.hold();
      long[] many = LongStream.range(100, 600).toArray();
      assertThat(node.api().post("/callback", ids(many)).status()).isEqualTo(200);
      Await.until("checks to be under way", LIMIT, () -> origin.inFlight() == 100);
      node.kill();
      origin.release();
      long killed = System.nanoTime();
      try (NodeProcess again = NodeProcess.start(node.spec()).awaitReady();
          TestViewer viewer = TestViewer.watch(again, "7", "u")) {
        Await.until(
            "all to be checked",
            LIMIT,
            () -> LongStream.of(many).allMatch(id -> origin.answeredSince(id, killed)));
        // What was known before is known still.
        assertThat(viewer.awaitMessage("status", 0)).isEqualTo(status("7", true));
      }
    }
  }

  @Test
  void errorsAreLoggedWithTheirObjects() {
    try (TestOrigin origin = new TestOrigin().atOnce().reply(id -> new Reply(404, "no"));
        NodeProcess node = start(origin, Map.of("OVATION_LOG_LEVEL", "debug"))) {
      long[] many = LongStream.range(100, 400).toArray();
      node.api().post("/callback", ids(many));
      String failed = "the check of object 1";
      Await.until("a warning", LIMIT, () -> node.log().contains(failed));
      Await.until(
          "the rest at debug",
          LIMIT,
          () ->
              node.log().lines().filter(line -> line.contains("the check of object")).count()
                  >= 300);
      assertThat(node.log().lines().filter(l -> l.contains("WARN") && l.contains(failed)))
          .hasSizeBetween(1, 60)
          .allMatch(line -> line.contains("the origin answered 404"));
    }
  }

  @Test
  void commentsOnAStreamThatIsNotLiveAreRefusedWhereThatIsAskedFor() {
    try (TestOrigin origin = new TestOrigin().atOnce();
        NodeProcess node = start(origin, Map.of("OVATION_LIVENESS_ONLY_LIVE_COMMENTS", "true"));
        TestViewer viewer = TestViewer.watch(node, "7", "u")) {
      JsonObject comment = new JsonObject().put("user", "u").put("text", "hi");
      Answer refused = node.api().comment("7", comment).join();
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.json().getString("code")).isEqualTo("not_live");
      int mark = viewer.mark();
      viewer.send(new JsonObject().put("type", "comment").put("text", "hi"));
      assertThat(viewer.awaitMessage("error", mark).getString("code")).isEqualTo("not_live");

      node.api().post("/callback", ids(7));
      viewer.awaitMessage("status", mark);
      Await.until(
          "comments to be taken",
          LIMIT,
          () -> node.api().comment("7", comment).join().status() == 202);
      viewer.awaitMessage("comment", mark);
    }
  }

  @Test
  void aNodeWithoutAnOriginRefusesCallbacksAndNamesTheSetting() {
    try (NodeProcess node = NodeProcess.start(NodeSpec.named("no-origin")).awaitReady()) {
      Answer answer = node.api().post("/callback", ids(7));
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.json().getString("detail")).contains("OVATION_LIVENESS_ORIGIN");
    }
  }

  private static NodeProcess start(TestOrigin origin, Map<String, String> env) {
    NodeSpec spec = NodeSpec.named("liveness").env("OVATION_LIVENESS_ORIGIN", origin.uri());
    for (Map.Entry<String, String> setting : env.entrySet()) {
      spec = spec.env(setting.getKey(), setting.getValue());
    }
    return NodeProcess.start(spec).awaitReady();
  }

  private static String ids(long... ids) {
    JsonArray array = new JsonArray();
    for (long id : ids) {
      array.add(id);
    }
    return new JsonObject().put("object_ids", array).encode();
  }

  private static List<Long> objects(NodeProcess node) {
    return node.api().get("/objects").json().getJsonArray("objects").stream()
        .map(object -> ((JsonObject) object).getLong("id"))
        .toList();
  }

  private static Object live(NodeProcess node, String stream) {
    return node.api().get("/streams/" + stream).json().getValue("live");
  }

  private static JsonObject status(String stream, boolean live) {
    return new JsonObject().put("type", "status").put("stream", stream).put("live", live);
  }
}
