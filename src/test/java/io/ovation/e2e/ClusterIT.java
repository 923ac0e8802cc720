package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static io.ovation.testkit.TestCluster.DISPATCH;
import static io.ovation.testkit.TestCluster.INGRESS;
import static io.ovation.testkit.TestCluster.SUPERVISE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.CommentPosts;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.ProxyServer;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Comments reach all viewers, whichever nodes they are posted to and watched on. */
@ExtendWith(ShowLogs.class)
class ClusterIT {
  private static final int COMMENTS = 1_000;
  private static final int STREAMS = 10;
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final Path GO_PRODUCER = Path.of("target", "producer-go").toAbsolutePath();
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void commentsPostedToTwoNodesReachEveryViewerOnThreeOnceInOrder() throws Exception {
    Process build = goBuild();
    try (TestCluster cluster =
        TestCluster.start(Map.of("OVATION_AUTH_SECRET", SECRET), ALL, ALL, ALL)) {
      everyoneSeesAll("cluster", cluster.nodes().subList(0, 2), cluster.nodes());
      anIdIsUsedOnceOnAllNodes(cluster);
      putsACommentOnTheQueue(cluster, "/usr/bin/python3", "examples/producers/comment.py");
      assertThat(build.waitFor()).describedAs("go build").isZero();
      putsACommentOnTheQueue(cluster, GO_PRODUCER.toString());
    } finally {
      build.destroy();
    }
  }

  private static void anIdIsUsedOnceOnAllNodes(TestCluster cluster) {
    JsonObject first =
        JsonObject.of("user", "alice", "text", "hi", "id", "1", "meta", JsonObject.of("a", 1));
    try (TestViewer viewer = TestViewer.watch(cluster.node(0), "once", "bob")) {
      assertThat(comment(cluster.node(1), first)).isEqualTo(202);
      viewer.awaitExactly(List.of("1"), LIMIT);
      assertThat(comment(cluster.node(2), first.copy().put("text", "other"))).isEqualTo(409);
      assertThat(comment(cluster.node(2), first.copy().put("meta", JsonObject.of("a", 2))))
          .isEqualTo(409);
      assertThat(comment(cluster.node(2), first)).isEqualTo(202);
      assertThat(comment(cluster.node(2), first.copy().put("user", "carol"))).isEqualTo(202);
      JsonObject event = JsonObject.of("name", "score", "id", "1", "data", JsonObject.of("a", 1));
      assertThat(event(cluster.node(1), event)).isEqualTo(202);
      viewer.awaitMessage("event", told -> told.getString("id").equals("1"));
      assertThat(event(cluster.node(2), event.copy().put("data", 2))).isEqualTo(409);
      assertThat(event(cluster.node(2), event.copy().put("name", "goal"))).isEqualTo(409);
      assertThat(event(cluster.node(2), event)).isEqualTo(202);
    }
  }

  private static int event(NodeProcess node, JsonObject body) {
    JsonObject claims = JsonObject.of("sub", "host", "role", "host", "streams", JsonArray.of("*"));
    claims.put("exp", System.currentTimeMillis() / 1_000 + 3_600);
    Api host = Api.withToken(node.port(), TokenSigner.sign(SECRET, claims));
    return host.post("/streams/once/events", body.encode()).status();
  }

  private static int comment(NodeProcess node, JsonObject body) {
    return node.api().comment("once", body).join().status();
  }

  /** Compiles beside the test, at a low priority, and with few optimizations to be done soon. */
  private static Process goBuild() throws IOException {
    List<String> go = List.of("nice", "go", "build", "-gcflags=all=-N -l", "-o", "" + GO_PRODUCER);
    ProcessBuilder command = new ProcessBuilder(go).directory(new File("examples/producers/go"));
    command.environment().put("CGO_ENABLED", "0");
    return command.inheritIO().start();
  }

  private static void putsACommentOnTheQueue(TestCluster cluster, String... producer)
      throws IOException, InterruptedException {
    String stream = Path.of(producer[0]).getFileName().toString();
    // Long enough for a length of two bytes, and not only ASCII.
    String text = "Grüße 🎉 ".repeat(12).strip();
    List<String> arguments = List.of(stream, "jörg", text);
    ProcessBuilder command =
        new ProcessBuilder(Stream.concat(Stream.of(producer), arguments.stream()).toList());
    command.environment().put("PYTHONUTF8", "1");
    command.environment().put("RABBITMQ_URI", Servers.rabbit().uri());
    try (TestViewer viewer = TestViewer.watch(cluster.node(0), stream, "bob")) {
      assertThat(command.inheritIO().start().waitFor()).isZero();
      viewer.await("the comment", LIMIT, v -> v.events().size() == 1);
      String path = "/streams/" + stream + "/comments";
      JsonObject comment =
          new JsonObject(cluster.node(1).api().get(path).text())
              .getJsonArray("comments")
              .getJsonObject(0);
      assertThat(comment.getString("text")).isEqualTo(text);
      assertThat(comment.getString("user")).isEqualTo("jörg");
    }
  }

  @Test
  void rolesOnNodesOfTheirOwnDoTheSame() {
    try (TestCluster cluster = TestCluster.start(DISPATCH, INGRESS, SUPERVISE, SUPERVISE)) {
      everyoneSeesAll("apart", List.of(cluster.node(1)), cluster.nodes().subList(2, 4));
      throughProxy("roles/nginx.conf", cluster);
      throughProxy("roles/haproxy.cfg", cluster);
    }
  }

  private static void throughProxy(String file, TestCluster cluster) {
    int ingress = cluster.node(1).port();
    int[] nodes = {ingress, ingress, cluster.node(2).port(), cluster.node(3).port()};
    try (ProxyServer proxy = ProxyServer.of(file, nodes)) {
      NodeScript.run("events.mjs", proxy.url());
      NodeScript.run("protocol.mjs", proxy.url(), "bare,xhr-polling");
      assertThat(RawHttp.get(proxy.port(), "/").body()).contains("<title>");
    }
  }

  private static void everyoneSeesAll(
      String prefix, List<NodeProcess> posted, List<NodeProcess> watched) {
    List<String> streams = StreamViewers.streams(prefix, STREAMS);
    try (StreamViewers viewers = StreamViewers.watch(watched, streams, 2)) {
      CommentPosts posts = CommentPosts.send(posted, streams, COMMENTS);
      viewers.awaitExactly(posts::accepted, LIMIT);
      viewers.checkSameOffsets();
      viewers.checkConnected();
    }
  }
}
