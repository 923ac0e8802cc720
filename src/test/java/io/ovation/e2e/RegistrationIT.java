package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Where a stream's viewers are is known as long as there are any, and no longer. */
@ExtendWith(ShowLogs.class)
class RegistrationIT {
  private static final String EVENTS = "ovation_dispatch_events_total";
  private static final String MESSAGES = "ovation_dispatch_node_messages_total";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(Map.of("OVATION_SUPERVISE_LINGER", "1s"), ALL, ALL, ALL);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void streamIsForgottenAfterItsLastViewerLeft() {
    try (TestViewer first = TestViewer.watch(cluster.node(1), "leave", "a");
        TestViewer second = TestViewer.watch(cluster.node(1), "leave", "b")) {
      first.close();
      Await.until("one viewer", LIMIT, () -> viewers(cluster.node(0), "leave") == 1);
      assertThat(messagesPerComment("leave")).isEqualTo(1);
      second.close();
      Await.until("no message", LIMIT, () -> messagesPerComment("leave") == 0);
    }
  }

  @Test
  void everyNodeKnowsTheSameNumberOfViewers() {
    List<TestViewer> crowd =
        IntStream.range(0, 6)
            .mapToObj(i -> TestViewer.watch(cluster.node(i % 3), "crowd", "u" + i))
            .toList();
    for (NodeProcess node : cluster.nodes()) {
      Await.until("six at " + node, LIMIT, () -> viewers(node, "crowd") == 6);
    }
    for (TestViewer viewer : crowd) {
      Await.until("six told to " + viewer, LIMIT, () -> told(viewer, "crowd") == 6);
      viewer.awaitMessage("viewers", m -> m.getLong("count") == 6);
    }
    // What does not change is not said, while what does on the same way is.
    List<Integer> said = crowd.stream().map(v -> v.all("viewers").size()).toList();
    try (TestViewer one = TestViewer.watch(cluster.node(0), "other-crowd", "one")) {
      one.awaitMessage("viewers", m -> m.getLong("count") == 1);
      try (TestViewer two = TestViewer.watch(cluster.node(1), "other-crowd", "two")) {
        one.awaitMessage("viewers", m -> m.getLong("count") == 2);
        two.awaitMessage("viewers", m -> m.getLong("count") == 2);
      }
    }
    assertThat(crowd.stream().map(v -> v.all("viewers").size()).toList()).isEqualTo(said);
    crowd.forEach(TestViewer::close);
    for (NodeProcess node : cluster.nodes()) {
      Await.until("nobody at " + node, LIMIT, () -> viewers(node, "crowd") == 0);
    }
  }

  @Test
  void killedNodesViewersAreForgottenEverywhere() {
    try (TestViewer stays = TestViewer.watch(cluster.node(1), "dead", "stays");
        TestViewer dies = TestViewer.watch(cluster.node(2), "dead", "dies")) {
      Await.until("two viewers", LIMIT, () -> viewers(cluster.node(0), "dead") == 2);
      stays.awaitMessage("viewers", m -> m.getLong("count") == 2);
      assertThat(messagesPerComment("dead")).isEqualTo(2);
      cluster.node(2).kill();
      dies.awaitClosed();
      Await.until("one viewer", LIMIT, () -> viewers(cluster.node(0), "dead") == 1);
      stays.await(
          "to be told that it is alone", LIMIT, v -> counts(v).get(counts(v).size() - 1) == 1);
      cluster.awaitOwners();
      Await.until("one message", LIMIT, () -> messagesPerComment("dead") == 1);
      assertThat(stays.closed()).isFalse();
    } finally {
      cluster.restart(2);
      cluster.awaitOwners();
    }
    // It is another incarnation: what the dead one had registered is not its own.
    assertThat(messagesPerComment("dead")).isLessThanOrEqualTo(1);
  }

  @Test
  void aNewOwnerReceivesAllViewerCountsBeforeItSendsAny() {
    List<String> streams = StreamViewers.streams("taken", 16);
    List<NodeProcess> stay = cluster.nodes().subList(0, 2);
    try (StreamViewers viewers = StreamViewers.watch(stay, streams, 1)) {
      viewers.all().forEach(v -> v.awaitMessage("viewers", m -> m.getLong("count") == 2));
      // It owns a third of the streams.
      cluster.node(2).kill();
      cluster.awaitOwners();
      try (StreamViewers more = StreamViewers.watch(stay.subList(0, 1), streams, 1)) {
        // The same users again: another tab.
        viewers.all().forEach(v -> v.awaitMessage("viewers", m -> m.getLong("count") == 3));
        viewers.all().forEach(v -> assertThat(counts(v)).isSorted());
      }
      viewers
          .all()
          .forEach(v -> v.await("two again", LIMIT, w -> counts(w).get(counts(w).size() - 1) == 2));
    } finally {
      cluster.restart(2);
      cluster.awaitOwners();
    }
  }

  private static List<Long> counts(TestViewer viewer) {
    return viewer.all("viewers").stream().map(m -> m.getLong("count")).toList();
  }

  /**
   * What a viewer receives that watches again: the count that its own node knows; -1 if refused.
   */
  private static long told(TestViewer viewer, String stream) {
    int before = viewer.all("watching").size();
    int refused = viewer.all("error").size();
    viewer.send(TestViewer.watchMessage(stream, "again"));
    viewer.await(
        "an answer",
        LIMIT,
        v -> v.all("watching").size() > before || v.all("error").size() > refused);
    List<JsonObject> answers = viewer.all("watching");
    return answers.size() > before ? answers.get(before).getLong("viewers") : -1;
  }

  /** -1 while nobody counts: until a dead owner's partition is taken over, the answer is 503. */
  private static long viewers(NodeProcess node, String stream) {
    Api.Answer answer = node.api().get("/streams/" + stream);
    return answer.status() == 200 ? answer.json().getLong("viewers") : -1;
  }

  /** The event-bus messages that one comment costs. */
  private static double messagesPerComment(String stream) {
    double events = cluster.sum(EVENTS);
    double messages = cluster.sum(MESSAGES);
    cluster.node(0).api().accepted(stream, "alice", "hello");
    Await.until("a dispatched event", LIMIT, () -> cluster.sum(EVENTS) > events);
    return cluster.sum(MESSAGES) - messages;
  }
}
