package io.ovation.e2e;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.DeletionChecks;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A moderator deletes while 100 comments a second arrive on three nodes and one of them is killed:
 * the comment leaves every viewer within a second, or within one after the takeover, and nothing
 * ever returns it again.
 */
@ExtendWith(ShowLogs.class)
class DeletionIT {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration TAKEOVER = Duration.ofSeconds(10);
  private static final List<String> STREAMS =
      StreamViewers.streams("deletion-" + Long.toString(System.nanoTime(), 36), 6);

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster =
        TestCluster.start(
            Map.of("OVATION_AUTH_SECRET", SECRET),
            TestCluster.ALL,
            TestCluster.ALL,
            TestCluster.ALL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static Api moderator() {
    JsonObject claims =
        JsonObject.of("sub", "mod", "role", "moderator", "streams", JsonArray.of("*"))
            .put("exp", System.currentTimeMillis() / 1000 + 600);
    return Api.withToken(cluster.node(0).port(), TokenSigner.sign(SECRET, claims));
  }

  @Test
  void aDeletedCommentLeavesEverybodyWithinASecondAndNothingReturnsIt() {
    List<NodeProcess> living = cluster.nodes().subList(0, 2);
    Map<String, Long> before = new HashMap<>();
    DeletionChecks comments =
        new DeletionChecks(() -> cluster.node(1).api(), DeletionIT::moderator);
    try (StreamViewers viewers = StreamViewers.watch(living, STREAMS, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), STREAMS, 100)) {
      STREAMS.forEach(s -> before.put(s, viewers.of(s).get(0).watchingOffset()));
      load.awaitMore(100, LIMIT);
      try (StreamViewers everybody = StreamViewers.watch(cluster.nodes(), STREAMS, 1)) {
        for (String stream : STREAMS) {
          comments.post(stream, "calm", everybody);
          comments.delete(stream, "calm");
          DeletionChecks.await(everybody, stream, "calm", Contention.allowedFor(SOON));
        }
      }
      STREAMS.forEach(stream -> comments.post(stream, "killed", viewers));
      // Some of the streams are this node's. What it accepted before it died takes effect all the
      // same.
      STREAMS.subList(0, 3).forEach(stream -> comments.delete(stream, "killed"));
      cluster.node(2).kill();
      STREAMS.subList(3, 6).forEach(stream -> comments.delete(stream, "killed"));
      Duration takeover = Contention.allowedFor(TAKEOVER.plus(SOON));
      STREAMS.forEach(stream -> DeletionChecks.await(viewers, stream, "killed", takeover));
      cluster.awaitOwners();
      load.awaitMore(100, LIMIT);
      load.finish(LIMIT);
      viewers.all().forEach(TestViewer::checkOrdered);
    }
    cluster.restart(2);
    cluster.awaitOwners();
    for (NodeProcess node : cluster.nodes()) {
      for (String stream : STREAMS) {
        comments.checkGone(node, stream, Objects.requireNonNull(before.get(stream)));
      }
    }
  }
}
