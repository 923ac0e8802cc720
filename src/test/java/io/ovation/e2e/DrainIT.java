package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Containerfile;
import io.ovation.testkit.Contention;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node does between SIGTERM and its end. */
@ExtendWith(ShowLogs.class)
class DrainIT {
  private static final Logger log = LoggerFactory.getLogger(DrainIT.class);
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int VIEWERS = 400;

  private static RawHttp.Answer upgrade(NodeProcess node) {
    try (RawHttp http = new RawHttp(node.port())) {
      http.write(
          "GET /live/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      return http.read();
    }
  }

  @Test
  void drainingNodeServesItsViewersRefusesOthersAndHearsASecondSignal() {
    try (TestCluster cluster = TestCluster.start(Map.of("OVATION_DRAIN_PERIOD", "10m"), ALL, ALL);
        // They don't listen to what they are asked.
        Crowd crowd = new Crowd(CrowdProtocol.plain("drain"), cluster.node(1).port());
        Crowd others = new Crowd(CrowdProtocol.plain("others"), cluster.node(0).port());
        TestViewer elsewhere = TestViewer.watch(cluster.node(0), "drain", "elsewhere")) {
      NodeProcess leaving = cluster.node(1);
      crowd.open(VIEWERS, LIMIT);
      others.open(10, LIMIT);
      CommentLoad load = CommentLoad.start(cluster.nodes().subList(0, 1), List.of("others"), 50);
      leaving.askToStop();
      Await.until("it is not ready", LIMIT, () -> !leaving.ready());
      Await.until(
          "the other owns all",
          LIMIT,
          () -> cluster.node(0).metrics().sum("ovation_dispatch_partitions_owned") == 16);
      load.awaitMore(25, LIMIT);
      load.finish(LIMIT);
      others.awaitEach(load.total(), LIMIT);
      Histogram waits = others.takeLatencies();
      log.info(
          "{} comments to others while partitions moved: p50 {} ms, max {} ms",
          load.total(),
          waits.getValueAtPercentile(50) / 1_000_000,
          waits.getMaxValue() / 1_000_000);
      assertThat(Duration.ofNanos(waits.getMaxValue()))
          .isLessThan(Contention.allowedFor(Duration.ofSeconds(3)));
      others.check();
      RawHttp.Answer refused = upgrade(leaving);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.headers()).containsKey("retry-after");
      int here = crowd.watching();
      assertThat(here).isGreaterThan(VIEWERS / 2);
      String id = leaving.api().accepted("drain", "alice", "still here");
      elsewhere.awaitAll(List.of(id), LIMIT);
      Await.until(
          "those who are here hear it",
          LIMIT,
          () ->
              crowd.members().stream().filter(m -> m.watching() && m.count() == 1).count()
                  > here / 2);
      assertThat(leaving.metrics().sum("ovation_deliver_reconnects_total")).isPositive();
      assertThat(leaving.alive()).isTrue();
      leaving.askToStop();
      assertThat(leaving.awaitExit()).isZero();
      assertThat(leaving.log()).contains("a second signal").contains("stopped");
      String after = cluster.node(0).api().accepted("drain", "alice", "after it");
      elsewhere.awaitExactly(List.of(id, after), LIMIT);
    }
  }

  /** The image's entrypoint, environment and health check, as processes of this machine. */
  @Test
  void whatTheImageRunsIsHealthyAsksItsViewersToReconnectAtOnceAndStopsSoon() throws Exception {
    Containerfile image = new Containerfile();
    NodeSpec spec = NodeSpec.named("last");
    for (Map.Entry<String, String> each : image.environment().entrySet()) {
      spec = spec.env(each.getKey(), each.getValue());
    }
    List<String> entrypoint = image.entrypoint(Path.of("target", "app.jar"), spec.dir());
    assertThat(healthy(image, spec)).isFalse();
    try (NodeProcess node = NodeProcess.start(spec, entrypoint).awaitReady();
        TestViewer viewer = TestViewer.watch(node, "last", "bob")) {
      assertThat(healthy(image, spec)).isTrue();
      assertThat(node.log().lines().filter(line -> line.contains("ready in")))
          .hasSize(1)
          .allMatch(line -> new JsonObject(line).getString("service").equals("ovation"));
      long begun = System.nanoTime();
      node.askToStop();
      assertThat(viewer.awaitMessage("reconnect", 0).getString("reason")).isEqualTo("drain");
      viewer.close();
      assertThat(node.awaitExit()).isZero();
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(took).isLessThan(Contention.allowedFor(Duration.ofSeconds(25)));
      assertThat(healthy(image, spec)).isFalse();
    }
  }

  private static boolean healthy(Containerfile image, NodeSpec spec) throws Exception {
    ProcessBuilder check = new ProcessBuilder(image.healthCheck());
    check.environment().put("OVATION_HTTP_PORT", String.valueOf(spec.port()));
    check.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    return check.start().waitFor() == 0;
  }
}
