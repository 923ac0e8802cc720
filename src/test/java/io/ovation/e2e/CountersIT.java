package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The cost of a comment, the shares of the nodes, and viewers that join: from the nodes' counters.
 */
@ExtendWith(ShowLogs.class)
class CountersIT {
  private static final int PARTITIONS = 16;
  private static final String EVENTS = "ovation_dispatch_events_total";
  private static final String MESSAGES = "ovation_dispatch_node_messages_total";
  private static final String ACCEPTED = "ovation_ingress_accepted_total";
  private static final String CONNECTIONS = "ovation_deliver_connections";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(ALL, ALL, ALL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void everyDispatcherOwnsAtLeastAQuarterOfThePartitions() {
    assertThat(cluster.owned()).hasSize(3).allMatch(owned -> owned >= PARTITIONS / 4);
  }

  @Test
  void commentCostsOneMessagePerNodeThatHasViewers() {
    String stream = "cost-two";
    try (StreamViewers audience =
        StreamViewers.watch(cluster.nodes().subList(0, 2), List.of(stream), 3)) {
      assertThat(messagesFor(stream, 30, audience.of(stream))).isEqualTo(2 * 30);
    }
  }

  @Test
  void commentThatNobodyWatchesCostsNoMessage() {
    assertThat(messagesFor("cost-none", 30, List.of())).isEqualTo(0);
  }

  /** Posts one comment after the other, so that none share a batch; returns the messages sent. */
  private static double messagesFor(String stream, int comments, List<TestViewer> viewers) {
    double events = cluster.sum(EVENTS);
    double messages = cluster.sum(MESSAGES);
    for (int i = 1; i <= comments; i++) {
      String id = cluster.node(2).api().accepted(stream, "alice", "text " + i);
      viewers.forEach(viewer -> viewer.awaitAll(Set.of(id), LIMIT));
      double expected = events + i;
      Await.until("a dispatched event", LIMIT, () -> cluster.sum(EVENTS) >= expected);
    }
    assertThat(cluster.sum(EVENTS) - events).isEqualTo(comments);
    return cluster.sum(MESSAGES) - messages;
  }

  @Test
  void figuresToScaleOnFollowTheLoad() {
    double posted = cluster.sum(ACCEPTED);
    double connected = cluster.node(1).metrics().sum(CONNECTIONS);
    try (StreamViewers audience =
        StreamViewers.watch(cluster.nodes().subList(1, 2), List.of("figures"), 7)) {
      assertThat(cluster.node(1).metrics().sum(CONNECTIONS)).isEqualTo(connected + 7);
      for (int i = 0; i < 20; i++) {
        cluster.node(0).api().accepted("figures", "alice", "text " + i);
      }
      assertThat(cluster.sum(ACCEPTED)).isEqualTo(posted + 20);
    }
    Await.until(
        "viewers to be gone", LIMIT, () -> cluster.node(1).metrics().sum(CONNECTIONS) == connected);
  }

  @Test
  void aViewerThatJoinsWhileCommentsFlowMissesNothingAboveItsOffset() {
    List<String> streams = StreamViewers.streams("join", 40);
    List<TestViewer> joined = new ArrayList<>();
    try (StreamViewers first = StreamViewers.watch(cluster.nodes().subList(0, 1), streams, 1);
        CommentLoad load = CommentLoad.start(cluster.nodes(), streams, 150)) {
      Map<String, List<TestViewer>> byStream = new HashMap<>();
      for (int i = 0; i < 1_000; i++) {
        String stream = streams.get(i * 7 % streams.size());
        TestViewer viewer = TestViewer.watch(cluster.node(i % 3), stream, "joiner-" + i);
        joined.add(viewer);
        byStream.computeIfAbsent(stream, s -> new ArrayList<>()).add(viewer);
      }
      load.awaitMore(300, LIMIT);
      load.finish(LIMIT);
      first.awaitExactly(load::accepted, LIMIT);
      byStream.forEach(
          (stream, viewers) ->
              viewers.forEach(viewer -> sawAllSinceItJoined(viewer, first.of(stream).get(0))));
    } finally {
      joined.forEach(TestViewer::close);
    }
  }

  private static void sawAllSinceItJoined(TestViewer viewer, TestViewer fromTheStart) {
    Set<String> ids = new HashSet<>();
    fromTheStart.events().stream()
        .filter(event -> event.offset() > viewer.watchingOffset())
        .forEach(event -> ids.add(event.id()));
    viewer.awaitExactly(ids, LIMIT);
  }
}
