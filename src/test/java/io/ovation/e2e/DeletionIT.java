package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A moderator deletes while 100 comments a second arrive on three nodes and one of them is killed:
 * the comment leaves every viewer within a second, and nothing ever returns it again.
 */
@ExtendWith(ShowLogs.class)
class DeletionIT {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final List<String> STREAMS =
      StreamViewers.streams("deletion-" + Long.toString(System.nanoTime(), 36), 6);

  private static TestCluster cluster;

  private final Map<String, List<String>> deleted = new HashMap<>();

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

  private static boolean accepted(Supplier<Api.Answer> request) {
    try {
      return request.get().status() == 202;
    } catch (RuntimeException | AssertionError e) {
      return false;
    }
  }

  /** Posts a comment and waits until all of the stream's viewers have it. */
  private void post(String stream, String id, StreamViewers viewers) {
    String body = JsonObject.of("user", "alice", "text", "rude", "id", id).encode();
    Await.until(
        "the comment " + id,
        LIMIT,
        () -> accepted(() -> cluster.node(1).api().post("/streams/" + stream + "/comments", body)));
    viewers.of(stream).forEach(viewer -> viewer.awaitAll(List.of(id), LIMIT));
  }

  private void delete(String stream, String id) {
    String path = "/streams/" + stream + "/comments/" + id + "?user=alice";
    Await.until("the deletion", LIMIT, () -> accepted(() -> moderator().method("DELETE", path)));
    deleted.computeIfAbsent(stream, s -> new ArrayList<>()).add(id);
  }

  private static void awaitDeleted(
      StreamViewers viewers, String stream, String id, Duration limit) {
    viewers
        .of(stream)
        .forEach(
            viewer ->
                viewer.await(
                    "the deletion of " + id,
                    limit,
                    it -> it.all("deleted").stream().anyMatch(m -> id.equals(m.getString("id")))));
  }

  @Test
  void aDeletedCommentLeavesEverybodyWithinASecondAndNothingReturnsIt() {
    List<NodeProcess> living = cluster.nodes().subList(0, 2);
    Map<String, Long> before = new HashMap<>();
    try (StreamViewers viewers = StreamViewers.watch(living, STREAMS, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), STREAMS, 100)) {
      STREAMS.forEach(s -> before.put(s, viewers.of(s).get(0).watchingOffset()));
      load.awaitMore(100, LIMIT);
      for (String stream : STREAMS) {
        post(stream, "calm", viewers);
        delete(stream, "calm");
        awaitDeleted(viewers, stream, "calm", Contention.allowedFor(SOON));
      }
      STREAMS.forEach(stream -> post(stream, "killed", viewers));
      // Some of the streams are this node's. What it accepted before it died takes effect all the
      // same.
      STREAMS.subList(0, 3).forEach(stream -> delete(stream, "killed"));
      cluster.node(2).kill();
      STREAMS.subList(3, 6).forEach(stream -> delete(stream, "killed"));
      STREAMS.forEach(stream -> awaitDeleted(viewers, stream, "killed", LIMIT));
      cluster.awaitOwners();
      load.awaitMore(100, LIMIT);
      load.finish(LIMIT);
      viewers.all().forEach(TestViewer::checkOrdered);
    }
    cluster.restart(2);
    cluster.awaitOwners();
    for (NodeProcess node : cluster.nodes()) {
      for (String stream : STREAMS) {
        assertThat(pages(node, stream))
            .isNotEmpty()
            .doesNotContainAnyElementsOf(deleted.get(stream));
        assertNotReplayed(node, stream, Objects.requireNonNull(before.get(stream)));
      }
    }
  }

  /** The ids of all pages. */
  private static List<String> pages(NodeProcess node, String stream) {
    List<String> ids = new ArrayList<>();
    String path = "/streams/" + stream + "/comments?limit=100";
    JsonObject page = node.api().get(path).json();
    while (true) {
      JsonArray comments = page.getJsonArray("comments");
      for (int i = 0; i < comments.size(); i++) {
        ids.add(comments.getJsonObject(i).getString("id"));
      }
      Long next = page.getLong("before");
      if (next == null) {
        return ids;
      }
      page = node.api().get(path + "&before=" + next).json();
    }
  }

  private void assertNotReplayed(NodeProcess node, String stream, long since) {
    try (TestViewer resumed = TestViewer.resume(node, stream, "late", since);
        TestViewer joined = TestViewer.connect(node, "joined")) {
      joined.send(TestViewer.watchMessage(stream, "joined").put("last", 100));
      String id = node.api().accepted(stream, "probe", "the last one");
      for (TestViewer viewer : List.of(resumed, joined)) {
        viewer.awaitMessage("comment", comment -> id.equals(comment.getString("id")));
        assertThat(viewer.all("comment"))
            .extracting(comment -> comment.getString("id"))
            .doesNotContainAnyElementsOf(deleted.get(stream));
      }
      assertThat(joined.all("comment")).hasSizeGreaterThan(10);
    }
  }
}
