package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CallbackClients;
import io.ovation.testkit.Contention;
import io.ovation.testkit.LiveHeap;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Twenty clients that post at the same moment, a slow origin, and one node for each role. {@code
 * -Dliveness.minutes=5} for the length and the bounds of a measurement on a quiet machine.
 */
@Tag("alone")
@ExtendWith(ShowLogs.class)
class LivenessLoadIT {
  private static final int MINUTES = Integer.getInteger("liveness.minutes", 0);
  private static final Duration LENGTH =
      MINUTES > 0 ? Duration.ofMinutes(MINUTES) : Duration.ofSeconds(16);
  private static final Duration DRAIN = Duration.ofSeconds(120);
  private static final long TTL_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long SLACK_NANOS = Duration.ofSeconds(3).toNanos();
  private static final int OBJECTS = 10_000;

  @Test
  void everyAcceptedIdIsCheckedAndTheKeysAreTheOriginsTruth() {
    // A third of the objects is online at a time, another third every ten seconds.
    try (TestOrigin origin =
            new TestOrigin().online(id -> (id + System.nanoTime() / 10_000_000_000L) % 3 == 0);
        TestCluster cluster =
            TestCluster.start(
                Map.of(
                    "OVATION_LIVENESS_ORIGIN",
                    origin.uri(),
                    "OVATION_LIVENESS_CONCURRENCY",
                    "2500"),
                TestCluster.INGRESS + "," + TestCluster.DISPATCH,
                TestCluster.LIVENESS)) {
      NodeProcess door = cluster.node(0);
      NodeProcess checker = cluster.node(1);
      assertThat(objects(door)).isEmpty();
      try (CallbackClients clients =
          CallbackClients.bursts(List.of(door.port()), 20, Duration.ofSeconds(5), OBJECTS)) {
        Await.pass(LENGTH.dividedBy(4));
        long[] early = {LiveHeap.bytes(door), LiveHeap.bytes(checker)};
        Await.pass(LENGTH.dividedBy(4).multipliedBy(3));
        int peak = origin.peak();
        clients.stop();
        Await.until(
            () -> "all to be checked, left " + clients.describeUnchecked(origin),
            DRAIN,
            () -> clients.unchecked(origin).isEmpty());
        Await.until(
            "nothing to run", DRAIN, () -> checker.metrics().sum("ovation_liveness_running") == 0);
        int compared = compare(door, origin);
        long[] late = {LiveHeap.bytes(door), LiveHeap.bytes(checker)};
        System.out.printf(
            "liveness: %d ids accepted of %s callbacks, p50 %.1f ms, p99 %.1f ms, max %.1f ms; %d"
                + " questions, %d at a time; %d objects compared; live heap early/late in KiB: ingress"
                + " %d/%d, liveness %d/%d%n",
            clients.acceptedIds(),
            clients.outcomes(),
            clients.percentileMs(50),
            clients.percentileMs(99),
            clients.percentileMs(100),
            origin.asked(),
            peak,
            compared,
            early[0] >> 10,
            late[0] >> 10,
            early[1] >> 10,
            late[1] >> 10);
        int answers = clients.outcomes().values().stream().mapToInt(Integer::intValue).sum();
        double contention = Contention.factor();
        assertThat((double) clients.outcomes().getOrDefault("200", 0))
            .isGreaterThanOrEqualTo(MINUTES > 0 ? answers : answers * 0.9 / contention);
        double allowed = (MINUTES > 0 ? 200 : 1_000) * contention;
        assertThat((double) clients.percentileMs(99)).isLessThan(allowed);
        assertThat(late[0] - early[0]).isLessThan(32 << 20);
        assertThat(late[1] - early[1]).isLessThan(32 << 20);
      }
    }
  }

  /** What was said to be online within the time to live is there, and nothing else. */
  private static int compare(NodeProcess node, TestOrigin origin) {
    long begun = System.nanoTime();
    Set<Long> there = objects(node);
    long ended = System.nanoTime();
    Set<Long> missing = new TreeSet<>();
    Set<Long> allowed = new HashSet<>();
    Map<Long, Long> said = origin.saidOnline();
    said.forEach(
        (id, at) -> {
          if (ended - at < TTL_NANOS - SLACK_NANOS && !there.contains(id)) {
            missing.add(id);
          }
          if (begun - at < TTL_NANOS + SLACK_NANOS) {
            allowed.add(id);
          }
        });
    Set<Long> wrong = new TreeSet<>(there);
    wrong.removeAll(allowed);
    // An answer that came too late for its check does not count: the object is asked for again.
    Await.until(
        () -> "online, not there, and not asked for again: " + missing,
        DRAIN,
        () -> {
          missing.removeIf(id -> origin.askedSince(id, said.getOrDefault(id, ended)));
          return missing.isEmpty();
        });
    assertThat(wrong).describedAs("there, not online").isEmpty();
    assertThat(there).isNotEmpty();
    return there.size();
  }

  /** Those of this test: the run's Redis holds what other tests saw, too. */
  private static Set<Long> objects(NodeProcess node) {
    Set<Long> all = new HashSet<>();
    @Nullable Long next = null;
    do {
      String after = next == null ? "" : "&after=" + next;
      JsonObject page = node.api().get("/objects?limit=1000" + after).json();
      page.getJsonArray("objects").forEach(o -> all.add(((JsonObject) o).getLong("id")));
      next = page.getLong("next");
    } while (next != null);
    all.removeIf(id -> id < 1 || id > OBJECTS);
    return all;
  }
}
