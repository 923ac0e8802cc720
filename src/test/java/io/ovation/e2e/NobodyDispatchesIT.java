package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.DISPATCH;
import static io.ovation.testkit.TestCluster.INGRESS;
import static io.ovation.testkit.TestCluster.SUPERVISE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nodes for comments and viewers, and none that brings the ones to the others. */
@ExtendWith(ShowLogs.class)
class NobodyDispatchesIT {
  private static NodeSpec spec(String name, ClusterXml cluster, String roles) {
    return NodeSpec.named(name)
        .in(cluster)
        .role(roles)
        .env("OVATION_RABBITMQ_URI", Servers.rabbit().uri())
        .env("OVATION_REDIS_URI", Servers.redis().uri());
  }

  private static void thePartitionsOfNobodyShowWhatWaits(NodeProcess node) {
    long waiting = 0;
    for (Object each : node.operators().get("/partitions").json().getJsonArray("partitions")) {
      JsonObject partition = (JsonObject) each;
      assertThat(partition.getString("owner")).isNull();
      waiting += partition.getJsonObject("depth").getLong("comments");
    }
    assertThat(waiting).isEqualTo(1);
  }

  @Test
  void everyoneIsToldAndTheDepthIsKnown() {
    List<ClusterXml> files = ClusterXml.of(2);
    try (NodeProcess node =
        NodeProcess.start(spec("lonely", files.get(0), INGRESS + "," + SUPERVISE)).awaitServing()) {
      RawHttp.Answer readiness = RawHttp.get(node.port(), "/health/ready");
      assertThat(readiness.status()).isEqualTo(503);
      assertThat(readiness.body()).contains("no live node has the role dispatch");
      assertThat(RawHttp.get(node.port(), "/health/ready/viewers").status()).isEqualTo(200);
      assertThat(node.log()).contains("no live node has the role dispatch");
      try (RawViewer viewer = new RawViewer(node.port(), "/live/websocket")) {
        viewer.say("{\"type\":\"watch\",\"stream\":\"lonely\",\"user\":\"bob\"}");
        JsonObject error = viewer.next("error");
        assertThat(error.getString("code")).isEqualTo("unavailable");
        assertThat(error.getString("detail")).contains("dispatches");
        node.api().accepted("lonely", "alice", "anybody there?");
        Await.until(
            "the depth to be known",
            Duration.ofSeconds(20),
            () -> node.metrics().sum("ovation_queue_depth") >= 1);
        thePartitionsOfNobodyShowWhatWaits(node);
        Await.until(
            "the age to rise",
            Duration.ofSeconds(20),
            () -> node.metrics().sum("ovation_queue_oldest_seconds") >= 1);
      }
      NodeSpec late = spec("late", files.get(1), DISPATCH);
      try (NodeProcess dispatcher = NodeProcess.start(late).awaitServing();
          RawViewer viewer = new RawViewer(node.port(), "/live/websocket")) {
        Await.until("readiness", Duration.ofSeconds(20), node::ready);
        viewer.watch("lonely", 0);
        JsonObject comment = viewer.nextBut("retained");
        assertThat(comment.getString("text")).isEqualTo("anybody there?");
        assertThat(dispatcher.alive()).isTrue();
      }
    }
  }
}
