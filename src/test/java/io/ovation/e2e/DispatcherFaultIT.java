package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.DISPATCH;
import static io.ovation.testkit.TestCluster.INGRESS;
import static io.ovation.testkit.TestCluster.SUPERVISE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.FaultyClock;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever happens behind them, viewers see every accepted comment once and in order. Roles are
 * apart, so that a fault hits one role alone.
 */
@ExtendWith(ShowLogs.class)
class DispatcherFaultIT {
  private static final int PER_SECOND = 100;
  private static final String TAKEOVERS = "ovation_dispatch_takeovers_total";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private static Path dir;
  private static TestCluster cluster;

  /** Of the second dispatcher. */
  private static FaultyClock clock;

  @BeforeAll
  static void start() {
    clock = new FaultyClock(dir.resolve("clock"));
    Map<String, String> stepped = clock.environment();
    cluster =
        TestCluster.start(
            i -> i == 1 ? stepped : Map.of(), DISPATCH, DISPATCH, INGRESS, SUPERVISE, SUPERVISE);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static List<NodeProcess> ingress() {
    return List.of(cluster.node(2));
  }

  private static List<NodeProcess> supervisors() {
    return cluster.nodes().subList(3, 5);
  }

  @Test
  void killedDispatchersUnackedItemsReachEveryoneOnceInOrder() {
    List<String> streams = StreamViewers.streams("killed", 16);
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 1);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      // A node that does not answer keeps the dispatchers' items unacked, for up to two seconds.
      cluster.node(4).pause();
      load.awaitMore(50, LIMIT);
      cluster.node(1).kill();
      cluster.node(4).resume();
      load.awaitMore(200, LIMIT);
      cluster.awaitOwners();
      load.awaitMore(200, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      viewers.checkConnected();
    } finally {
      cluster.restart(1);
      cluster.awaitOwners();
    }
  }

  @Test
  void dispatcherFrozenFor15SecondsSendsNothingStale() {
    List<String> streams = StreamViewers.streams("frozen", 16);
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 1);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      double takeovers = cluster.sum(TAKEOVERS);
      cluster.node(1).pause();
      Await.pass(Duration.ofSeconds(15));
      long before = load.total();
      cluster.node(1).resume();
      load.awaitMore(200, LIMIT);
      cluster.awaitOwners();
      load.awaitMore(200, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      viewers.checkConnected();
      assertThat(load.total()).isGreaterThan(before);
      // Away and back is two moves of its half, and its return may be seen in steps; owners that
      // fight over partitions take each of them many times.
      assertThat(cluster.sum(TAKEOVERS) - takeovers).isLessThanOrEqualTo(5 * 16);
    }
  }

  @Test
  void frozenDispatchersPartitionsAreTakenOverWithinTenSeconds() {
    List<String> streams = StreamViewers.streams("takeover", 16);
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 1);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(100, LIMIT);
      cluster.node(1).pause();
      Await.pass(Duration.ofSeconds(10));
      // While it is still frozen, a fresh comment of every stream arrives.
      Duration soon = Contention.allowedFor(Duration.ofSeconds(5));
      for (String stream : streams) {
        String id = ingress().get(0).api().accepted(stream, "probe", "after takeover");
        viewers.of(stream).forEach(v -> v.awaitAll(List.of(id), soon));
      }
      cluster.node(1).resume();
      load.finish(LIMIT);
      viewers.all().forEach(v -> v.checkOrdered());
    } finally {
      cluster.node(1).resume();
      cluster.awaitOwners();
    }
  }

  /** As the node without the role dispatch reports them. */
  private static List<JsonObject> partitions() {
    return reported(cluster.node(2)).getJsonArray("partitions").stream()
        .map(JsonObject.class::cast)
        .toList();
  }

  private static JsonObject reported(NodeProcess node) {
    return node.operators().get("/partitions").json();
  }

  /** Freezes a node for three seconds, and notes what partitions show meanwhile. */
  private static void freeze(NodeProcess node, String id, Set<String> seen) {
    long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
    node.pause();
    try {
      while (System.nanoTime() < end) {
        for (JsonObject partition : partitions()) {
          if (partition.getLong("lag_ms") > 0) {
            seen.add("lag");
          }
          if (partition.getLong("window") > 0) {
            seen.add("window");
          }
          if (partition.getJsonArray("suspended").contains(id)) {
            seen.add("suspended");
          }
        }
        Await.pass(Duration.ofMillis(50));
      }
    } finally {
      node.resume();
    }
  }

  @Test
  void supervisorFrozenForThreeSecondsIsReportedAndResyncs() {
    List<String> streams = StreamViewers.streams("resync", 8);
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 2);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(100, LIMIT);
      String id = reported(cluster.node(4)).getString("node");
      Set<String> seen = new TreeSet<>();
      // The owners wait for two seconds: a report that comes later shows no lag.
      for (int tries = 0; tries < 4 && seen.size() < 3; tries++) {
        freeze(cluster.node(4), id, seen);
        load.awaitMore(100, LIMIT);
      }
      assertThat(seen).containsExactly("lag", "suspended", "window");
      Await.until(
          "nobody to be suspended",
          LIMIT,
          () -> partitions().stream().allMatch(it -> it.getJsonArray("suspended").isEmpty()));
      load.awaitMore(100, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      viewers.checkConnected();
    }
  }

  @Test
  void brokerMayDieAndComeBack() {
    List<String> streams = StreamViewers.streams("broker", 8);
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 1);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      Servers.rabbit().kill();
      Servers.rabbit().start();
      load.awaitMore(200, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      viewers.checkConnected();
      assertThat(load.retries()).as("refused meanwhile").isPositive();
    } finally {
      Servers.rabbit().start();
    }
  }

  @Test
  void storeMayDieAndComeBack() {
    List<String> streams = StreamViewers.streams("store", 8);
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 1);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      Map<String, Long> begun = positions(viewers, streams);
      Servers.redis().kill();
      Await.pass(Duration.ofSeconds(5));
      // After two seconds without it, owners assign the offsets.
      String id = ingress().get(0).api().accepted(streams.get(0), "probe", "no store");
      viewers.of(streams.get(0)).forEach(v -> v.awaitAll(List.of(id), LIMIT));
      Servers.redis().start();
      load.awaitMore(300, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(
          stream ->
              stream.equals(streams.get(0))
                  ? with(load.accepted(stream), id)
                  : load.accepted(stream),
          LIMIT);
      viewers.checkConnected();
      streams.forEach(
          stream -> checkReplayed(viewers, stream, Objects.requireNonNull(begun.get(stream))));
    } finally {
      Servers.redis().start();
    }
  }

  @Test
  void anOwnerWhoseClockIsAheadAndThatDiesWhileTheStoreIsAwayLeavesItsOffsetsToTheNext() {
    List<String> streams = StreamViewers.streams("heir", 16);
    clock.step(Duration.ofSeconds(30));
    try (StreamViewers viewers = StreamViewers.watch(supervisors(), streams, 1);
        CommentLoad load = CommentLoad.start(ingress(), streams, PER_SECOND)) {
      load.awaitMore(200, LIMIT);
      Map<String, Long> begun = positions(viewers, streams);
      Servers.redis().kill();
      Await.pass(Duration.ofSeconds(5));
      cluster.node(1).kill();
      Await.pass(Duration.ofSeconds(1));
      Servers.redis().start();
      cluster.awaitOwners();
      load.awaitMore(300, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      viewers.checkSameOffsets();
      streams.forEach(
          stream -> checkReplayed(viewers, stream, Objects.requireNonNull(begun.get(stream))));
    } finally {
      clock.step(Duration.ZERO);
      Servers.redis().start();
      cluster.restart(1);
      cluster.awaitOwners();
    }
  }

  private static Set<String> with(Set<String> ids, String another) {
    Set<String> all = new HashSet<>(ids);
    all.add(another);
    return all;
  }

  private static Map<String, Long> positions(StreamViewers viewers, List<String> streams) {
    Map<String, Long> positions = new HashMap<>();
    streams.forEach(stream -> positions.put(stream, viewers.of(stream).get(0).position()));
    return positions;
  }

  /** Whoever resumes receives what the others have received, at the same offsets. */
  private static void checkReplayed(StreamViewers viewers, String stream, long since) {
    List<TestViewer.Event> live =
        viewers.of(stream).get(0).events().stream().filter(e -> e.offset() > since).toList();
    try (TestViewer again = TestViewer.resume(cluster.node(3), stream, "again", since)) {
      again.await("all events", LIMIT, viewer -> viewer.events().size() >= live.size());
      assertThat(again.events()).isEqualTo(live);
      assertThat(again.gaps()).isEmpty();
    }
  }
}
