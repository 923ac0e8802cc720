package io.ovation.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The network between nodes is cut and healed, while each node reaches RabbitMQ and Redis. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class NetworkCutIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration CUT = Duration.ofSeconds(20);
  private static final Duration HEALED = Duration.ofSeconds(15);

  /** A member that can't be reached is known, in readiness and log. */
  private static final Duration KNOWN = Duration.ofSeconds(5);

  private static final Duration ROUTES_HEALED = Duration.ofSeconds(10);

  private static final Vertx VERTX = Vertx.vertx();
  private static TestOrigin origin;

  /** Of the store, before the test. */
  private long outages;

  private static ChaosCluster cluster;

  @BeforeAll
  static void start() {
    origin = new TestOrigin();
    cluster = new ChaosCluster(VERTX, origin, 4);
    assertThat(cluster.networks).as("needs root, to make network namespaces").isTrue();
  }

  @BeforeEach
  void countOutages() {
    outages = storeOutages();
  }

  @AfterAll
  static void stop() {
    cluster.close();
    origin.close();
    VERTX.close();
  }

  @Test
  void halvesThatWereCutFromEachOtherMissNothingWithin15Seconds() {
    List<String> streams = StreamViewers.streams("halves", 16);
    try (StreamViewers viewers = StreamViewers.watch(cluster.nodes(), streams, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), streams, 50)) {
      load.awaitMore(100, LIMIT);
      halves(true);
      Await.pass(CUT);
      halves(false);
      long healed = System.nanoTime();
      awaitAllWell(viewers, load, healed, HEALED);
      viewers.checkSameOffsets();
      viewers.checkConnected();
    }
  }

  @Test
  void pairsWhoseEventBusesAreCutAreKnownInSecondsAndMissNothing() {
    List<String> streams = StreamViewers.streams("pairs", 16);
    String second = member(1);
    String first = member(0);
    String fourth = member(3);
    try (StreamViewers viewers = StreamViewers.watch(cluster.nodes(), streams, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), streams, 50)) {
      load.awaitMore(100, LIMIT);
      // Hazelcast would remove one of a pair whose members hear nothing from each other.
      cluster.network().cutPort(0, 1, cluster.busPort(1));
      cluster.network().cutPort(1, 0, cluster.busPort(0));
      cluster.network().cutPort(2, 3, cluster.busPort(3));
      Duration known = Contention.allowedFor(KNOWN);
      Await.until(
          () -> "three nodes to name who they can't reach: " + details(),
          known,
          () -> says(0, second) && says(1, first) && says(2, fourth));
      assertThat(cluster.node(0).log()).contains("the event bus of member " + second);
      assertThat(cluster.node(2).log()).contains("the event bus of member " + fourth);
      cluster.network().healPort(0, 1, cluster.busPort(1));
      cluster.network().healPort(1, 0, cluster.busPort(0));
      cluster.network().healPort(2, 3, cluster.busPort(3));
      awaitAllWell(viewers, load, System.nanoTime(), ROUTES_HEALED);
      viewers.checkConnected();
    }
  }

  /** Each node is ready and new comments reach every viewer, nobody missed any, in time. */
  private void awaitAllWell(
      StreamViewers viewers, CommentLoad load, long healed, Duration promised) {
    Duration allowed = Contention.allowedFor(promised);
    Await.until(
        () -> "all nodes to reach each other: " + details(),
        left(healed, allowed),
        () -> cluster.nodes().stream().allMatch(node -> node.ready() && !unreachable(node)));
    load.finish(left(healed, allowed));
    if (storeOutages() == outages) {
      viewers.awaitExactly(load::accepted, left(healed, allowed));
    } else {
      // A store that this machine kept from answering for 2 s: what it missed may be a gap.
      viewers.awaitExactlyOrGaps(load::accepted, left(healed, allowed));
    }
  }

  private static long storeOutages() {
    return cluster.nodes().stream()
        .mapToLong(node -> (long) node.metrics().sum("ovation_store_outages_total"))
        .sum();
  }

  private static Duration left(long since, Duration allowed) {
    return Duration.ofNanos(Math.max(1, since + allowed.toNanos() - System.nanoTime()));
  }

  private boolean says(int node, String member) {
    return detail(cluster.node(node)).contains("does not answer: [" + member + "]");
  }

  private boolean unreachable(NodeProcess node) {
    return detail(node).contains("does not answer");
  }

  private List<String> details() {
    return cluster.nodes().stream().map(NetworkCutIT::detail).toList();
  }

  private static String detail(NodeProcess node) {
    return node.api()
        .get("/health/ready")
        .json()
        .getJsonObject("checks")
        .getJsonObject("cluster")
        .getString("detail", "");
  }

  /** Its id in the cluster. */
  private String member(int node) {
    return cluster.node(node).operators().get("/partitions").json().getString("node");
  }

  private void halves(boolean cut) {
    for (int one = 0; one < 2; one++) {
      for (int other = 2; other < 4; other++) {
        if (cut) {
          cluster.network().cut(one, other);
        } else {
          cluster.network().heal(one, other);
        }
      }
    }
  }
}
