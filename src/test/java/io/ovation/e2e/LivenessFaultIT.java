package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CallbackClients;
import io.ovation.testkit.Contention;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Each part is killed in turn under load, the origin is down for a while, servers are frozen. */
@ExtendWith(ShowLogs.class)
class LivenessFaultIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** The ids of this test: no other test uses them on the run's Redis. */
  private static final long FIRST_ID = 1_000_000_000;

  private static final String OWNED = "ovation_liveness_partitions_owned";
  private static final String RUNNING = "ovation_liveness_running";
  private static final int HELD_MS = 3_500;
  private static final int POLL_MS = 100;

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
                        // Longer than the test: what was stored is still there at its end.
                        "5m",
                        "OVATION_LIVENESS_BREAKER_MAX",
                        "2s"),
                TestCluster.INGRESS + "," + TestCluster.DISPATCH,
                TestCluster.INGRESS + "," + TestCluster.DISPATCH + "," + TestCluster.SUPERVISE,
                TestCluster.LIVENESS,
                TestCluster.LIVENESS)) {
      List<Integer> doors = List.of(cluster.node(0).port(), cluster.node(1).port());
      try (CallbackClients clients =
          CallbackClients.distinctIds(doors, 10, Duration.ofSeconds(2), FIRST_ID)) {
        accepting(clients);
        bothCheckersWorkAtTheirOwnConcurrency(cluster, origin);
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
        // The restarted checker has its share again: the second one adds to what the first can do.
        Await.until(
            "both checkers to own partitions",
            LIMIT,
            () ->
                cluster.node(2).metrics().sum(OWNED) > 0
                    && cluster.node(3).metrics().sum(OWNED) > 0);

        Await.until(
            () -> "all accepted ids to be checked, left " + clients.describeUnchecked(origin),
            LIMIT,
            () -> clients.unchecked(origin).isEmpty());
        System.out.printf(
            "liveness under faults: %d ids accepted, outcomes of callbacks %s, %d questions%n",
            clients.acceptedIds(), clients.outcomes(), origin.asked());
        assertThat(clients.accepted()).hasSizeGreaterThan(2_000);
        Await.until(
            () ->
                "all accepted ids to be stored, left " + notStored(cluster.node(1), clients).size(),
            LIMIT,
            () -> notStored(cluster.node(1), clients).isEmpty());
        for (NodeProcess node : cluster.nodes()) {
          assertThat(node.alive()).isTrue();
        }
        assertThat(deadLetters(cluster.node(1)))
            .as(() -> "dead letters: " + reasonsOfDeadLetters(cluster.node(1)))
            .isZero();
      }
    }
  }

  /** While the origin holds its answers, each checker has as many checks in flight as it may. */
  private static void bothCheckersWorkAtTheirOwnConcurrency(
      TestCluster cluster, TestOrigin origin) {
    Await.until(
        () -> "200 and 400 checks to be in flight; at the origin are " + origin.inFlight(),
        LIMIT,
        () -> {
          checking(origin);
          return allInFlight(cluster, origin);
        });
  }

  /** Held for less than a check may take: after some that failed the breaker lets one through. */
  private static boolean allInFlight(TestCluster cluster, TestOrigin origin) {
    origin.hold();
    try {
      for (int i = 0; i < HELD_MS / POLL_MS; i++) {
        Await.pass(Duration.ofMillis(POLL_MS));
        boolean all =
            cluster.node(2).metrics().sum(RUNNING) == 200
                && cluster.node(3).metrics().sum(RUNNING) == 400
                // Requests are on their way to the origin.
                && origin.inFlight() > 400;
        if (all) {
          assertThat(origin.inFlight()).isLessThanOrEqualTo(600);
          return true;
        }
      }
      return false;
    } finally {
      origin.release();
    }
  }

  /** All objects are online: each accepted id has to be among the live ones. */
  private static Set<Long> notStored(NodeProcess node, CallbackClients clients) {
    Set<Long> left = new HashSet<>(clients.accepted().keySet());
    @Nullable Long next = FIRST_ID - 1;
    while (next != null) {
      JsonObject page = node.api().get("/objects?limit=1000&after=" + next).json();
      page.getJsonArray("objects").forEach(o -> left.remove(((JsonObject) o).getLong("id")));
      next = page.getLong("next");
    }
    return left;
  }

  @Test
  void callbacksAreAnsweredInASecondAndNoEventLoopIsBlockedWhateverIsFrozen() {
    RabbitServer rabbit = Servers.rabbit();
    RedisServer redis = Servers.redis();
    try (TestOrigin origin = new TestOrigin();
        TestCluster cluster =
            TestCluster.start(
                Map.of(
                    "OVATION_LIVENESS_ORIGIN",
                    origin.uri(),
                    "OVATION_LIVENESS_TTL",
                    "8s",
                    // Nanoseconds. A synchronous call to a frozen server would hold its loop
                    // longer.
                    "JAVA_TOOL_OPTIONS",
                    "-Dvertx.options.maxEventLoopExecuteTime=2000000000"
                        + " -Dvertx.options.blockedThreadCheckInterval=100"),
                TestCluster.ALL);
        TestViewer viewer = TestViewer.watch(cluster.node(0), "7", "u")) {
      NodeProcess node = cluster.node(0);
      assertThat(node.api().post("/callback", "{\"object_ids\":[7]}").status()).isEqualTo(200);
      Await.until("7 to be live", LIMIT, () -> live(viewer, true));
      origin.hold();
      answered(node.port(), 200);
      redis.pause();
      try {
        useEverything(node, Duration.ofSeconds(4));
        answered(node.port(), 200);
      } finally {
        redis.resume();
      }
      rabbit.pause();
      try {
        useEverything(node, Duration.ofSeconds(4));
        answered(node.port(), 503);
      } finally {
        rabbit.resume();
      }
      Await.until(
          "callbacks to be taken again",
          LIMIT,
          () -> RawHttp.post(node.port(), "/callback", IDS).status() == 200);
      origin.release();
      Await.until("7 to be dark", LIMIT, () -> live(viewer, false));
      assertThat(node.log()).doesNotContain("has been blocked");
    }
  }

  /** Each kind of request that needs the queue or the store, again and again, in parallel. */
  private static void useEverything(NodeProcess node, Duration time) {
    long end = System.nanoTime() + time.toNanos();
    List<CompletableFuture<?>> requests = new ArrayList<>();
    int n = 0;
    while (System.nanoTime() < end) {
      JsonObject comment = new JsonObject().put("user", "u").put("text", "t" + n);
      JsonObject reaction = new JsonObject().put("user", "u").put("kind", "like");
      JsonObject parcel =
          new JsonObject().put("id", "frozen-" + n).put("type", "t").put("payload", n);
      requests.add(node.api().comment("7", comment));
      requests.add(node.api().postAsync("/streams/7/reactions", reaction));
      requests.add(node.api().postAsync("/packages", parcel));
      requests.add(node.api().getAsync("/packages/frozen-" + n));
      requests.add(node.api().getAsync("/objects"));
      requests.add(node.api().getAsync("/streams/" + n));
      n++;
      Await.pass(Duration.ofMillis(100));
    }
    assertThat(n).isGreaterThan(5);
    // Whatever they answer: that they are refused in time is shown elsewhere.
    requests.forEach(request -> request.cancel(true));
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
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertThat(answer.status()).describedAs(answer.body()).isEqualTo(status);
      assertThat(took).isLessThan(Contention.allowedFor(Duration.ofSeconds(1)));
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

  private static String reasonsOfDeadLetters(NodeProcess node) {
    return node.operators().get("/queue/dead-letters?queue=liveness").text();
  }

  private static int deadLetters(NodeProcess node) {
    return node.operators().get("/queue/dead-letters?queue=liveness").json().getInteger("total");
  }
}
