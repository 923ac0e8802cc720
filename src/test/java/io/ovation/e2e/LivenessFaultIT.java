package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CallbackClients;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.RabbitServer;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RedisServer;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every part is killed in turn under load, and the origin is down for a while. */
@ExtendWith(ShowLogs.class)
class LivenessFaultIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int OBJECTS = 2_000;

  @Test
  void everyAcceptedIdIsCheckedWhateverIsKilled() {
    RabbitServer rabbit = Servers.rabbit();
    RedisServer redis = Servers.redis();
    try (TestOrigin origin =
            new TestOrigin().after(Duration.ofMillis(100), Duration.ofMillis(1_300));
        TestCluster cluster =
            TestCluster.start(
                node ->
                    Map.of(
                        "OVATION_LIVENESS_ORIGIN",
                        origin.uri(),
                        "OVATION_LIVENESS_CONCURRENCY",
                        node == 2 ? "200" : "400",
                        "OVATION_LIVENESS_TTL",
                        "8s",
                        "OVATION_LIVENESS_BREAKER_MAX",
                        "2s"),
                TestCluster.INGRESS + "," + TestCluster.DISPATCH,
                TestCluster.INGRESS + "," + TestCluster.DISPATCH + "," + TestCluster.SUPERVISE,
                TestCluster.LIVENESS,
                TestCluster.LIVENESS)) {
      List<Integer> doors = List.of(cluster.node(0).port(), cluster.node(1).port());
      try (CallbackClients clients =
              new CallbackClients(doors, 10, Duration.ofSeconds(2), OBJECTS);
          TestViewer viewer = TestViewer.watch(cluster.node(1), "7", "u")) {
        accepting(clients);
        Await.until("7 to be live", LIMIT, () -> live(viewer, true));
        int dead = deadLetters(cluster.node(1));
        cluster.node(0).kill();
        checking(origin);
        cluster.node(2).kill();
        accepting(clients);
        checking(origin);
        CompletableFuture<?> back =
            CompletableFuture.allOf(
                CompletableFuture.runAsync(() -> cluster.restart(0)),
                CompletableFuture.runAsync(() -> cluster.restart(2)));

        redis.kill();
        accepting(clients);
        redis.start();
        checking(origin);
        back.join();

        origin.down();
        accepting(clients);
        Await.until(
            "a breaker to open", LIMIT, () -> cluster.sum("ovation_liveness_breaker_open") > 0);
        origin.up();
        checking(origin);

        rabbit.kill();
        rabbit.start();
        accepting(clients);
        checking(origin);
        clients.stop();

        Await.until(
            () -> "all accepted ids to be checked, left " + clients.unchecked(origin).size(),
            LIMIT,
            () -> clients.unchecked(origin).isEmpty());
        System.out.printf(
            "liveness under faults: %d ids accepted, outcomes of callbacks %s, %d questions%n",
            clients.acceptedIds(), clients.outcomes(), origin.asked());
        assertThat(clients.accepted()).hasSizeGreaterThan(OBJECTS / 2);
        for (NodeProcess node : cluster.nodes()) {
          assertThat(node.alive()).isTrue();
        }
        assertThat(deadLetters(cluster.node(1))).isEqualTo(dead);
        Await.until("7 to be dark", LIMIT, () -> live(viewer, false));
      }
    }
  }

  @Test
  void callbacksAreAnsweredWithinASecondWhateverIsFrozen() {
    RabbitServer rabbit = Servers.rabbit();
    RedisServer redis = Servers.redis();
    try (TestOrigin origin = new TestOrigin();
        TestCluster cluster =
            TestCluster.start(Map.of("OVATION_LIVENESS_ORIGIN", origin.uri()), TestCluster.ALL)) {
      int port = cluster.node(0).port();
      origin.hold();
      answered(port, 200);
      redis.pause();
      try {
        answered(port, 200);
      } finally {
        redis.resume();
      }
      rabbit.pause();
      try {
        answered(port, 503);
      } finally {
        rabbit.resume();
      }
      Await.until(
          "callbacks to be taken again",
          LIMIT,
          () -> RawHttp.post(port, "/callback", IDS).status() == 200);
      origin.letGo();
    }
  }

  private static final String IDS =
      LongStream.range(1_000_000, 1_000_199)
          .mapToObj(Long::toString)
          .collect(Collectors.joining(",", "{\"object_ids\":[", "]}"));

  /** Some times, each within the second that callers have. */
  private static void answered(int port, int status) {
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      RawHttp.Answer answer = RawHttp.post(port, "/callback", IDS);
      long ms = (System.nanoTime() - start) / 1_000_000;
      assertThat(answer.status()).describedAs(answer.body()).isEqualTo(status);
      assertThat(ms).isLessThan(1_000);
    }
  }

  /** Answers of 200 go on. */
  private static void accepting(CallbackClients clients) {
    int before = clients.outcomes().getOrDefault("200", 0);
    Await.until(
        () -> "callbacks to be accepted, outcomes " + clients.outcomes(),
        LIMIT,
        () -> clients.outcomes().getOrDefault("200", 0) > before + 10);
  }

  private static void checking(TestOrigin origin) {
    int before = origin.asked();
    Await.until("checks to go on", LIMIT, () -> origin.asked() > before + 300);
  }

  private static boolean live(TestViewer viewer, boolean live) {
    JsonObject status = viewer.newest("status");
    return status != null && status.getBoolean("live") == live;
  }

  private static int deadLetters(NodeProcess node) {
    return node.api().get("/queue/dead-letters?queue=liveness").json().getInteger("total");
  }
}
