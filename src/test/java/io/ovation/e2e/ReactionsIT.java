package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.HttpReactionLoad;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every reaction that was answered 202 is in the totals, once, whatever dies meanwhile. */
@ExtendWith(ShowLogs.class)
class ReactionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(ALL, ALL, ALL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void reactionsOfEveryNodeAndRoadReachEveryViewerAsExactTotals() {
    List<String> streams = List.of("watched");
    try (StreamViewers viewers = StreamViewers.watch(cluster.nodes(), streams, 2);
        HttpReactionLoad likes =
            HttpReactionLoad.start(cluster.nodes().subList(0, 2), streams, "like", 7);
        HttpReactionLoad unwatched =
            HttpReactionLoad.start(cluster.nodes().subList(2, 3), List.of("unwatched"), "wow", 1)) {
      for (TestViewer viewer : viewers.all()) {
        viewer.sendText("{\"type\":\"reaction\",\"kind\":\"clap\",\"count\":50}");
        viewer.sendText("{\"type\":\"reaction\",\"kind\":\"clap\"}");
      }
      likes.awaitMore(2_000, LIMIT);
      unwatched.awaitMore(20, LIMIT);
      likes.finish();
      unwatched.finish();
      assertThat(likes.unanswered("watched")).isZero();
      JsonObject totals =
          new JsonObject().put("clap", 51L * 6).put("like", likes.accepted("watched"));
      for (TestViewer viewer : viewers.all()) {
        viewer.awaitMessage("reactions", m -> same(m.getJsonObject("totals"), totals));
        assertThat(viewer.all("reactions").stream().mapToLong(ReactionsIT::likes).sum())
            .isEqualTo(likes.accepted("watched"));
        assertThat(viewer.all("error")).isEmpty();
      }
      viewers.checkConnected();
      for (NodeProcess node : cluster.nodes()) {
        awaitTotals(node, "watched", totals);
        awaitTotals(
            node, "unwatched", new JsonObject().put("wow", unwatched.accepted("unwatched")));
        assertThat(reactions(node, "never-heard-of")).isEqualTo(new JsonObject());
      }
      try (TestViewer late = TestViewer.watch(cluster.node(2), "unwatched", "late")) {
        JsonObject first = late.awaitMessage("reactions", 0);
        assertThat(first.getJsonObject("counts")).isEmpty();
        assertThat(first.getJsonObject("totals").getLong("wow"))
            .isEqualTo(unwatched.accepted("unwatched"));
      }
    }
  }

  @Test
  void reactionsOutliveTheNodeThatTookThemAndTheNodeThatCountsThem() {
    List<String> streams = StreamViewers.streams("killed", 16);
    List<NodeProcess> stay = cluster.nodes().subList(0, 2);
    try (StreamViewers viewers = StreamViewers.watch(stay, streams, 1);
        HttpReactionLoad survivors = HttpReactionLoad.start(stay, streams, "like", 3);
        HttpReactionLoad victims =
            HttpReactionLoad.start(cluster.nodes().subList(2, 3), streams, "sad", 5)) {
      survivors.awaitMore(500, LIMIT);
      victims.awaitMore(500, LIMIT);
      // It takes reactions, and owns a third of the partitions.
      cluster.node(2).kill();
      survivors.awaitMore(500, LIMIT);
      cluster.awaitOwners();
      survivors.awaitMore(500, LIMIT);
      survivors.finish();
      victims.finish();
      for (String stream : streams) {
        assertThat(survivors.unanswered(stream)).isZero();
        long atLeast = victims.accepted(stream);
        long atMost = atLeast + victims.unanswered(stream);
        awaitTotals(
            viewers, stream, "like", survivors.accepted(stream), survivors.accepted(stream));
        awaitTotals(viewers, stream, "sad", atLeast, atMost);
      }
      viewers.checkConnected();
    } finally {
      cluster.restart(2);
      cluster.awaitOwners();
    }
  }

  @Test
  void reactionsWaitInTheQueueWhileTheStoreIsAway() {
    List<String> streams = StreamViewers.streams("store", 4);
    try (StreamViewers viewers = StreamViewers.watch(cluster.nodes(), streams, 1);
        HttpReactionLoad reactor = HttpReactionLoad.start(cluster.nodes(), streams, "love", 2)) {
      reactor.awaitMore(200, LIMIT);
      Servers.redis().pause();
      try {
        reactor.awaitMore(2_000, LIMIT);
        Await.until(
            "the store to be missed",
            LIMIT,
            () -> cluster.sum("ovation_dispatch_reactions_retries_total") > 0);
      } finally {
        Servers.redis().resume();
      }
      reactor.awaitMore(200, LIMIT);
      reactor.finish();
      for (String stream : streams) {
        awaitTotals(viewers, stream, "love", reactor.accepted(stream), reactor.accepted(stream));
      }
      viewers.checkConnected();
    }
  }

  @Test
  void aLoneNodesReactionsOutliveItsEnd() {
    NodeSpec spec = NodeSpec.named("lone");
    List<String> streams = StreamViewers.streams("lone", 3);
    try (NodeProcess node = NodeProcess.start(spec).awaitReady();
        HttpReactionLoad reactor = HttpReactionLoad.start(List.of(node), streams, "like", 1)) {
      reactor.awaitMore(200, LIMIT);
      node.kill();
      reactor.finish();
      try (NodeProcess again = NodeProcess.start(spec).awaitReady()) {
        for (String stream : streams) {
          long atLeast = reactor.accepted(stream);
          long atMost = atLeast + reactor.unanswered(stream);
          Await.until(
              () -> "%d to %d likes of %s: %s".formatted(atLeast, atMost, stream, again),
              LIMIT,
              () -> reactions(again, stream).getLong("like", 0L) >= atLeast);
          // What comes again is known: it stays as it is.
          again
              .api()
              .post("/streams/" + stream + "/reactions", "{\"user\":\"u\",\"kind\":\"wow\"}");
          Await.until(
              "the later one", LIMIT, () -> reactions(again, stream).getLong("wow", 0L) == 1);
          assertThat(reactions(again, stream).getLong("like")).isBetween(atLeast, atMost);
        }
      }
    }
  }

  /** Waits until all viewers have at least one total, and never more than another. */
  private static void awaitTotals(
      StreamViewers viewers, String stream, String kind, long atLeast, long atMost) {
    for (TestViewer viewer : viewers.of(stream)) {
      viewer.awaitMessage("reactions", m -> m.getJsonObject("totals").getLong(kind, 0L) >= atLeast);
      assertThat(viewer.all("reactions"))
          .allMatch(m -> m.getJsonObject("totals").getLong(kind, 0L) <= atMost);
    }
    for (NodeProcess node : cluster.nodes()) {
      if (node.alive()) {
        assertThat(reactions(node, stream).getLong(kind, 0L)).isBetween(atLeast, atMost);
      }
    }
  }

  private static long likes(JsonObject reactions) {
    return reactions.getJsonObject("counts").getLong("like", 0L);
  }

  private static void awaitTotals(NodeProcess node, String stream, JsonObject totals) {
    Await.until(
        () ->
            "%s to have %s of %s, not %s".formatted(node, totals, stream, reactions(node, stream)),
        LIMIT,
        () -> same(reactions(node, stream), totals));
  }

  /** Numbers may be of different widths. */
  private static boolean same(JsonObject one, JsonObject other) {
    return one.encode().equals(other.encode());
  }

  private static JsonObject reactions(NodeProcess node, String stream) {
    Api.Answer answer = node.api().get("/streams/" + stream);
    return answer.status() == 200 ? answer.json().getJsonObject("reactions") : new JsonObject();
  }
}
