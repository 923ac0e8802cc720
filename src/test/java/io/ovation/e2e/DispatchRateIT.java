package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.DISPATCH;
import static io.ovation.testkit.TestCluster.INGRESS;
import static io.ovation.testkit.TestCluster.SUPERVISE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Dispatchers send no faster than they may, lose nothing by it, and more of them send faster. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class DispatchRateIT {
  private static final int PER_SECOND = 20;
  private static final int COMMENTS = 100;
  private static final String DEPTH = "ovation_queue_depth{queue=\"comments\"}";

  @Test
  void commentsWaitInTheQueueBeyondTheRate() {
    NodeSpec limited =
        NodeSpec.named("limited").env("OVATION_DISPATCH_RATE", String.valueOf(PER_SECOND));
    try (NodeProcess node = NodeProcess.start(limited).awaitReady();
        TestViewer viewer = TestViewer.watch(node, "slow", "bob")) {
      long begun = System.nanoTime();
      // All at once, so that they come faster than the rate on the slowest machine.
      List<CompletableFuture<Api.Answer>> answers = new ArrayList<>();
      for (int i = 0; i < COMMENTS; i++) {
        JsonObject body = new JsonObject().put("user", "alice").put("text", "text " + i);
        answers.add(node.api().comment("slow", body));
      }
      List<String> ids =
          answers.stream().map(answer -> answer.join().json().getString("id")).toList();
      viewer.awaitExactly(ids, TestViewer.LIMIT);
      // The first second's worth goes at once. Only a lower bound: a busy machine is slower still.
      Duration least = Duration.ofSeconds((COMMENTS - PER_SECOND) / PER_SECOND);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(least);
      assertThat(node.metrics().sum("ovation_dispatch_limited_total")).isPositive();
    }
  }

  private static final String EVENTS = "ovation_dispatch_events_total";
  private static final String OWNED = "ovation_dispatch_partitions_owned";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void aDispatcherThatIsAddedUnderBacklogTakesAShareAndRaisesTheRate() {
    Map<String, String> settings =
        Map.of(
            "OVATION_DISPATCH_RATE", "" + PER_SECOND,
            // Small, so that the backlog waits in the queue and not at its consumer.
            "OVATION_DISPATCH_PREFETCH", "5",
            "OVATION_DISPATCH_BATCH", "5");
    try (TestCluster cluster =
        TestCluster.start(settings, DISPATCH, INGRESS + "," + SUPERVISE, DISPATCH)) {
      cluster.node(2).terminate();
      cluster.awaitOwners();
      List<String> streams = StreamViewers.streams("backlog", 32);
      NodeProcess door = cluster.node(1);
      try (StreamViewers viewers = StreamViewers.watch(List.of(door), streams, 1);
          CommentLoad load = CommentLoad.start(List.of(door), streams, 20 * PER_SECOND)) {
        NodeProcess first = cluster.node(0);
        Await.until(
            "a backlog", LIMIT, () -> first.metrics().series().getOrDefault(DEPTH, 0.0) > 500);
        double alone = eventsPerSecond(cluster);
        assertThat(alone).isLessThanOrEqualTo(PER_SECOND * 1.5);

        NodeProcess added = cluster.restart(2);
        Await.until("the added one to own its share", LIMIT, () -> added.metrics().sum(OWNED) >= 6);
        cluster.awaitOwners();
        assertThat(eventsPerSecond(cluster)).isGreaterThan(1.5 * alone);
        assertThat(added.metrics().sum(EVENTS)).isPositive();
      }
    }
  }

  /** Over some seconds, so that the second's worth that a limit may lend does not matter. */
  private static double eventsPerSecond(TestCluster cluster) {
    double before = cluster.sum(EVENTS);
    long begun = System.nanoTime();
    double target = before + 8 * PER_SECOND;
    Await.until("events to be sent", LIMIT, () -> cluster.sum(EVENTS) >= target);
    double seconds = (System.nanoTime() - begun) / 1e9;
    return (cluster.sum(EVENTS) - before) / seconds;
  }
}
