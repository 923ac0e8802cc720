package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.Balancer;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Crowd;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ReconnectingMembers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Nodes come and go under a crowd; {@code -Dcrowd=full} for all nine thousand. */
@ExtendWith(ShowLogs.class)
class RollingRestartIT {
  private static final Logger log = LoggerFactory.getLogger(RollingRestartIT.class);
  private static final boolean FULL = "full".equals(System.getProperty("crowd"));
  private static final int CLIENTS = FULL ? 9_000 : 900;
  private static final int DRAIN_S = FULL ? 20 : 4;
  private static final int RATE = FULL ? 500 : 200;
  private static final int BURST = FULL ? 250 : 50;
  private static final int STREAMS = 3;
  private static final int PER_SECOND = 20;
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration BACK = Duration.ofSeconds(60);
  private static final String ADMITTED = "ovation_deliver_admitted_total";

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster =
        TestCluster.start(
            Map.of(
                "OVATION_DRAIN_PERIOD", DRAIN_S + "s",
                "OVATION_VIEWER_CONNECT_RATE", "" + RATE,
                "OVATION_VIEWER_CONNECT_BURST", "" + BURST),
            ALL,
            ALL,
            ALL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** Readings of how many connections each node has let in, and when. */
  private static final class Admissions {
    private record Reading(long before, long after, double count) {}

    private final Map<NodeProcess, Reading> last = new HashMap<>();

    /** No node let in more since the last look than its limit allows. */
    void look() {
      for (NodeProcess node : cluster.nodes()) {
        if (!node.alive() || !node.ready()) {
          continue;
        }
        long before = System.nanoTime();
        double count = node.metrics().sum(ADMITTED);
        Reading now = new Reading(before, System.nanoTime(), count);
        Reading then = last.put(node, now);
        if (then != null) {
          double seconds = (now.after - then.before) / 1e9;
          assertThat(now.count - then.count)
              .as("let in by %s in %.2f s", node, seconds)
              .isLessThanOrEqualTo(BURST + RATE * seconds);
        }
      }
    }
  }

  /** All watch before anything is posted: a viewer that joins later does not see it. */
  private static Crowd opened(ReconnectingMembers reconnecting, List<String> streams) {
    Crowd crowd =
        new Crowd(CrowdProtocol.plain(streams.toArray(String[]::new)), reconnecting, 0, 1);
    crowd.open(CLIENTS, LIMIT);
    return crowd;
  }

  private static void awaitBack(Crowd crowd, Admissions admissions) {
    long begun = System.nanoTime();
    Await.until(
        () -> crowd.watching() + " of " + CLIENTS + " are back",
        BACK,
        () -> {
          admissions.look();
          return crowd.watching() == CLIENTS;
        });
    log.info("all are back after {} ms", (System.nanoTime() - begun) / 1_000_000);
  }

  private static void checkAll(Crowd crowd, CommentLoad load, List<String> streams) {
    load.finish(LIMIT);
    for (int s = 0; s < STREAMS; s++) {
      int stream = s;
      long total = load.accepted(streams.get(s)).size();
      Await.until(
          () -> "all " + total + " of " + streams.get(stream) + "; " + crowd.counts(),
          LIMIT,
          () ->
              crowd.members().stream()
                  .filter(member -> member.number() % STREAMS == stream)
                  .allMatch(member -> member.count() >= total));
      assertThat(crowd.members())
          .filteredOn(member -> member.number() % STREAMS == stream)
          .allMatch(member -> member.count() == total);
    }
    assertThat(crowd.gaps()).as("gaps").isZero();
    assertThat(crowd.disordered()).as("disordered").isZero();
  }

  @Test
  void restartingAllNodesOneByOneCostsNobodyAnything() {
    List<String> streams = StreamViewers.streams("rolling", STREAMS);
    try (Balancer balancer = new Balancer(cluster.nodes())) {
      ReconnectingMembers reconnecting = new ReconnectingMembers(balancer);
      try (Crowd crowd = opened(reconnecting, streams);
          CommentLoad load = CommentLoad.start(balancer, streams, PER_SECOND)) {
        Admissions admissions = new Admissions();
        for (int i = 0; i < 3; i++) {
          NodeProcess node = cluster.node(i);
          double connected = node.metrics().sum("ovation_deliver_connections");
          long signals = reconnecting.signals();
          long begun = System.nanoTime();
          assertThat(node.terminate()).as("exit code").isZero();
          Duration took = Duration.ofNanos(System.nanoTime() - begun);
          log.info(
              "{}: {} viewers sent away, stopped after {} ms", node, connected, took.toMillis());
          assertThat(took).isLessThan(Duration.ofSeconds(DRAIN_S + 15));
          assertThat(reconnecting.signals() - signals).isGreaterThanOrEqualTo((long) connected);
          awaitBack(crowd, admissions);
          cluster.restart(i);
          cluster.awaitOwners();
        }
        checkAll(crowd, load, streams);
        log.info("{} reconnects, {} refusals", reconnecting.signals(), reconnecting.refusals());
      }
    }
  }

  @Test
  void killedNodesViewersResumeWithoutLoss() {
    List<String> streams = StreamViewers.streams("killed-home", STREAMS);
    try (Balancer balancer = new Balancer(cluster.nodes())) {
      ReconnectingMembers reconnecting = new ReconnectingMembers(balancer);
      try (Crowd crowd = opened(reconnecting, streams);
          CommentLoad load = CommentLoad.start(balancer, streams, PER_SECOND)) {
        load.awaitMore(2 * PER_SECOND, LIMIT);
        Admissions admissions = new Admissions();
        admissions.look();
        cluster.node(1).kill();
        Await.until("they notice", LIMIT, () -> crowd.watching() < CLIENTS);
        awaitBack(crowd, admissions);
        cluster.awaitOwners();
        load.awaitMore(2 * PER_SECOND, LIMIT);
        checkAll(crowd, load, streams);
      } finally {
        cluster.restart(1);
        cluster.awaitOwners();
      }
    }
  }
}
