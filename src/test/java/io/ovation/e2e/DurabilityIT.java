package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.FaultyClock;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Accepted means durable: the embedded node is killed with most of its queue undispatched. */
@ExtendWith(ShowLogs.class)
class DurabilityIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** So slow a dispatcher leaves nearly all in the queue when the node is killed. */
  private static final String SLOW = "5";

  @TempDir private Path dir;

  @Test
  void everyAcceptedCommentOfAKilledNodeIsDispatchedAfterItsRestart() {
    NodeSpec spec = NodeSpec.named("durable");
    Set<String> accepted = ConcurrentHashMap.newKeySet();
    long since = startOffset(spec, "durable");
    // Killed again and again, each time at another point of its life.
    for (int kill = 0; kill < 3; kill++) {
      try (NodeProcess node = NodeProcess.start(slow(spec)).awaitReady()) {
        killAfter(node, "durable", accepted.size() + 60 + 41 * kill, kill, accepted);
      }
    }
    try (NodeProcess node = NodeProcess.start(spec).awaitReady();
        TestViewer viewer = TestViewer.resume(node, "durable", "bob", since)) {
      viewer.awaitAll(accepted, LIMIT);
      assertThat(viewer.gaps()).isEmpty();
    }
  }

  @Test
  void commentAcceptedAMomentBeforeTheKillIsDispatched() {
    NodeSpec spec = NodeSpec.named("moment");
    long since = startOffset(spec, "moment");
    List<String> accepted = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      try (NodeProcess node = NodeProcess.start(spec).awaitReady()) {
        accepted.add(node.api().accepted("moment", "alice", "last words " + i));
        node.kill();
      }
    }
    try (NodeProcess node = NodeProcess.start(spec).awaitReady();
        TestViewer viewer = TestViewer.resume(node, "moment", "bob", since)) {
      viewer.awaitExactly(accepted, LIMIT);
    }
  }

  @Test
  void viewerThatComesAfterTheRestartSeesWhatWasStillQueued() {
    NodeSpec spec = NodeSpec.named("queued");
    Set<String> accepted = ConcurrentHashMap.newKeySet();
    try (NodeProcess node = NodeProcess.start(slow(spec)).awaitReady()) {
      killAfter(node, "queued", 100, 0, accepted);
    }
    // Still slow: the viewer arrives while most of it waits.
    try (NodeProcess node = NodeProcess.start(slow(spec)).awaitReady();
        TestViewer viewer = TestViewer.watch(node, "queued", "bob")) {
      viewer.await("queued comments", LIMIT, v -> v.events().size() >= 20);
      viewer.checkOrdered();
    }
  }

  @Test
  void aClockThatIsADayAheadForAMomentEndsNeitherHistoryNorWhatIsKnownOfPackages() {
    FaultyClock clock = new FaultyClock(dir.resolve("clock"));
    NodeSpec spec = NodeSpec.named("ahead");
    for (Map.Entry<String, String> setting : clock.environment().entrySet()) {
      spec = spec.env(setting.getKey(), setting.getValue());
    }
    try (NodeProcess node = NodeProcess.start(spec).awaitReady()) {
      String before = node.api().accepted("ahead", "alice", "before");
      submit(node);
      Await.until("the package", LIMIT, () -> "done".equals(status(node)));
      clock.step(Duration.ofHours(25));
      String ahead = node.api().accepted("ahead", "alice", "ahead");
      // Longer than what is expired, and than the store's clock is read, takes to notice.
      Await.pass(Duration.ofSeconds(6));
      clock.step(Duration.ZERO);
      String after = node.api().accepted("ahead", "alice", "after");
      submit(node);
      Await.until(
          () -> "all in history: " + history(node),
          LIMIT,
          () -> history(node).equals(List.of(before, ahead, after)));
      assertThat(status(node)).isEqualTo("done");
      assertThat(node.metrics().sum("ovation_packages_done_total")).isEqualTo(1);
    }
  }

  private static void submit(NodeProcess node) {
    int status =
        node.api().post("/packages", "{\"id\":\"p\",\"type\":\"log\",\"payload\":{}}").status();
    assertThat(status).isIn(200, 202);
  }

  private static String status(NodeProcess node) {
    return node.api().get("/packages/p").json().getString("status", "");
  }

  private static List<String> history(NodeProcess node) {
    JsonArray comments = node.api().get("/streams/ahead/comments").json().getJsonArray("comments");
    return comments.stream().map(comment -> ((JsonObject) comment).getString("id")).toList();
  }

  private static NodeSpec slow(NodeSpec spec) {
    return spec.env("OVATION_DISPATCH_RATE", SLOW);
  }

  /** Where a viewer of the untouched stream stands. */
  private static long startOffset(NodeSpec spec, String stream) {
    try (NodeProcess node = NodeProcess.start(spec).awaitReady();
        TestViewer viewer = TestViewer.watch(node, stream, "bob")) {
      return viewer.watchingOffset();
    }
  }

  /** Posts without pause; {@code kill -9} as soon as {@code count} ids in all were answered. */
  private static void killAfter(
      NodeProcess node, String stream, int total, int round, Set<String> accepted) {
    List<CompletableFuture<Void>> sent = new ArrayList<>();
    for (int i = 0; i < 5_000 && accepted.size() < total; i++) {
      JsonObject body =
          new JsonObject().put("user", "u").put("text", "t" + i).put("id", round + "-" + i);
      sent.add(node.api().comment(stream, body).thenAccept(answer -> keep(answer, accepted)));
      if (sent.size() - accepted.size() > 32) {
        sent.get(sent.size() - 32).join();
      }
    }
    node.kill();
    // Answers that were on their way when it died still count; the rest have no answer.
    sent.forEach(future -> future.handle((v, e) -> true).join());
    assertThat(accepted).hasSizeGreaterThanOrEqualTo(total);
  }

  private static void keep(Api.Answer answer, Set<String> accepted) {
    if (answer.status() == 202) {
      accepted.add(answer.json().getString("id"));
    }
  }
}
