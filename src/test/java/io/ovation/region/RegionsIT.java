package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.CommentPosts;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two regions, each with a RabbitMQ, a Redis and a cluster of its own. Region {@code a} runs its
 * forwarder on a node of its own.
 */
class RegionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String FORWARDER = "io.ovation.region.RegionVerticle";
  private static final String SERVING =
      String.join(",", TestCluster.INGRESS, TestCluster.DISPATCH, TestCluster.SUPERVISE);

  private static TestRegion a;
  private static TestRegion b;

  @BeforeAll
  static void start() {
    List<TestRegion> regions = TestRegion.start("a", "b");
    a = regions.get(0);
    b = regions.get(1);
    a.nodes(Map.of("b", b.rabbit.uri()), Map.of(), SERVING, FORWARDER);
    b.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
    a.awaitReady();
    b.awaitReady();
  }

  @AfterAll
  static void stop() {
    a.close();
    b.close();
  }

  @Test
  void aCommentInOneRegionIsSeenInBothOnceAndInOrder() {
    List<String> streams = StreamViewers.streams("both", 50);
    double before = a.sum("ovation_region_put_total");
    double back = b.sum("ovation_region_put_total");
    double duplicates = b.sum("ovation_region_duplicates_total");
    try (StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
        CommentLoad load = CommentLoad.start(List.of(a.node(0)), streams, 200)) {
      load.awaitMore(600, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      // Each was handed on once, and none came again.
      long accepted = streams.stream().mapToLong(stream -> load.accepted(stream).size()).sum();
      assertThat(a.sum("ovation_region_put_total") - before).isEqualTo(accepted);
      assertThat(b.sum("ovation_region_duplicates_total")).isEqualTo(duplicates);
    }
  }

  @Test
  void bothDirectionsAtOnceNeitherLoopNorDouble() {
    List<String> streams = StreamViewers.streams("meet", 5);
    try (StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1)) {
      CommentPosts fromA = CommentPosts.send(List.of(a.node(0)), streams, 50);
      CommentPosts fromB = CommentPosts.send(List.of(b.node(0)), streams, 50);
      for (String stream : streams) {
        Set<String> all = new HashSet<>(fromA.accepted(stream));
        all.addAll(fromB.accepted(stream));
        viewers.of(stream).forEach(viewer -> viewer.awaitExactly(all, LIMIT));
      }
    }
  }

  @Test
  void theOtherBrokersDeathAndTheForwardersLoseAndDoubleNothing() {
    List<String> streams = StreamViewers.streams("outage", 50);
    try (StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
        CommentLoad load = CommentLoad.start(List.of(a.node(0)), streams, 200)) {
      load.awaitMore(200, LIMIT);
      b.rabbit.kill();
      load.awaitMore(600, LIMIT);
      assertThat(load.retries()).isZero();
      b.rabbit.start();
      load.awaitMore(200, LIMIT);
      a.node(1).kill();
      load.awaitMore(200, LIMIT);
      a.restart(1);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
    }
  }

  @Test
  void aCommentFromElsewhereNamesItsRegion() {
    try (TestViewer viewer = TestViewer.watch(b.node(0), "named", "v")) {
      a.node(0).api().post("/streams/named/comments", "{\"user\":\"u\",\"text\":\"t\"}");
      assertThat(viewer.awaitMessage("comment", 0).getString("region")).isEqualTo("a");
      int mark = viewer.mark();
      b.node(0).api().post("/streams/named/comments", "{\"user\":\"u\",\"text\":\"t\"}");
      assertThat(viewer.awaitMessage("comment", mark).getString("region")).isNull();
    }
  }
}
