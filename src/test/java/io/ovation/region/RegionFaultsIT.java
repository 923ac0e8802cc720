package io.ovation.region;

import static io.ovation.region.RegionPair.DISPATCHER;
import static io.ovation.region.RegionPair.FORWARDER;
import static io.ovation.region.RegionPair.OTHER_FORWARDER;
import static io.ovation.region.RegionRing.LIMIT;
import static io.ovation.region.RegionRing.as;
import static io.ovation.region.RegionRing.viewers;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever fails while comments go from one region to another, viewers of both see each of them
 * once and in order. The last test kills a region.
 */
@Tag("alone")
@ExtendWith(ShowLogs.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegionFaultsIT {
  private static final int PER_SECOND = 200;
  private static final String FORWARDED = "ovation_region_forwarded_total";

  private static RegionPair pair;
  private static TestRegion a;
  private static TestRegion b;

  @BeforeAll
  static void start() {
    pair = new RegionPair();
    a = pair.a;
    b = pair.b;
  }

  @AfterAll
  static void stop() {
    pair.close();
  }

  private static StreamViewers watch(List<String> streams) {
    return StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
  }

  private static CommentLoad load(List<String> streams) {
    return CommentLoad.start(List.of(a.node(0)), streams, PER_SECOND);
  }

  /** How many comments the last viewers of the streams have: those in b, where there are two. */
  private static long seen(StreamViewers viewers, List<String> streams) {
    return streams.stream()
        .map(viewers::of)
        .mapToLong(of -> of.get(of.size() - 1).events().size())
        .sum();
  }

  /** How many comments a node of a has carried over. */
  private static double forwarded(int node) {
    return a.node(node).metrics().sum(FORWARDED);
  }

  @Test
  void forwarderAndDispatcherKilledDuringTheCatchUpLoseAndDoubleNothing() {
    List<String> streams = StreamViewers.streams("outage", 50);
    try (StreamViewers viewers = watch(streams);
        CommentLoad load = load(streams)) {
      load.awaitMore(200, LIMIT);
      b.rabbit.kill();
      load.awaitMore(2_000, LIMIT);
      pair.link.slow(Duration.ofMillis(100));
      b.rabbit.start(); // Some 10 s, in which more are accepted.
      double before = forwarded(FORWARDER);
      Await.until("the catch-up", LIMIT, () -> forwarded(FORWARDER) > before);
      assertThat(a.node(DISPATCHER).metrics().sum("ovation_dispatch_partitions_owned"))
          .isPositive();
      a.node(FORWARDER).kill();
      a.node(DISPATCHER).kill();
      assertThat(load.total() - seen(viewers, streams)).isGreaterThan(500);
      load.awaitMore(200, LIMIT);
      pair.link.heal();
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
    } finally {
      pair.link.heal();
      b.rabbit.start();
      a.restart(FORWARDER);
      a.restart(DISPATCHER);
    }
  }

  @Test
  void anotherForwarderTakesOverFromAKilledOne() {
    List<String> streams = StreamViewers.streams("shared", 50);
    double one = forwarded(FORWARDER);
    double other = forwarded(OTHER_FORWARDER);
    try (StreamViewers viewers = watch(streams);
        CommentLoad load = load(streams)) {
      Await.until(
          "both to carry over",
          LIMIT,
          () -> forwarded(FORWARDER) > one && forwarded(OTHER_FORWARDER) > other);
      load.awaitMore(200, LIMIT);
      a.node(FORWARDER).kill();
      load.awaitMore(200, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
    } finally {
      a.restart(FORWARDER);
    }
  }

  @Test
  void whatARegionAcceptedSurvivesItsOwnBrokersDeath() {
    List<String> streams = StreamViewers.streams("own", 50);
    try (StreamViewers viewers = watch(streams);
        CommentLoad load = load(streams)) {
      load.awaitMore(400, LIMIT);
      a.rabbit.kill();
      a.rabbit.start();
      load.awaitMore(400, LIMIT);
      load.finish(LIMIT);
      assertThat(load.retries()).isPositive();
      viewers.awaitExactly(load::accepted, LIMIT);
    } finally {
      a.rabbit.start();
    }
  }

  @Test
  void whatAFullQueueRefusesForAWhileIsNeitherSkippedNorDoubled() {
    List<String> streams = StreamViewers.streams("full", 50);
    try (StreamViewers viewers = watch(streams);
        CommentLoad load = load(streams)) {
      load.awaitMore(200, LIMIT);
      double retries = a.sum("ovation_region_retries_total");
      // Some of b's partitions only: a group for several is refused in part.
      b.rabbit.control(
          "set_policy",
          "full",
          "^ovation\\.comments\\.normal\\.[024]$",
          "{\"max-length\":1,\"overflow\":\"reject-publish\"}",
          "--apply-to",
          "queues");
      b.node(0).pause(); // Nothing leaves the queues.
      Await.until("refusals", LIMIT, () -> a.sum("ovation_region_retries_total") - retries > 10);
      b.node(0).resume();
      load.awaitMore(200, LIMIT);
      b.rabbit.control("clear_policy", "full");
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
    } finally {
      b.node(0).resume();
    }
  }

  @Test
  void aFrozenRegionCostsTheOtherOneNothing() {
    List<String> streams = StreamViewers.streams("frozen", 50);
    try (StreamViewers viewers = watch(streams);
        CommentLoad load = load(streams)) {
      load.awaitMore(200, LIMIT);
      b.rabbit.pause();
      // Longer than a confirm is waited for.
      Duration nominal = Duration.ofSeconds(8);
      load.awaitMore(
          PER_SECOND * nominal.toSeconds(), Contention.allowedFor(nominal.multipliedBy(3)));
      Duration soon = Contention.allowedFor(Duration.ofSeconds(3));
      streams.forEach(s -> viewers.of(s).get(0).awaitAll(load.accepted(s), soon));
      assertThat(load.total() - seen(viewers, streams)).isGreaterThan(1_000);
      b.rabbit.resume();
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
    } finally {
      b.rabbit.resume();
    }
  }

  @Test
  void retainedEventsOfAnotherRegionSurviveTheWholeRegionsRestart() {
    String before = retain("before");
    try (TestViewer viewer = TestViewer.watch(b.node(0), "retained", "v")) {
      viewer.awaitMessage("event", m -> m.getString("id").equals(before));
    }
    b.kill();
    String meanwhile = retain("meanwhile");
    b.rabbit.start();
    b.redis.start();
    b.restart(0);
    try (TestViewer viewer = TestViewer.watch(b.node(0), "retained", "v")) {
      awaitRetained(viewer, "before", before);
      viewer.awaitMessage("event", m -> m.getString("id").equals(meanwhile));
    }
    try (TestViewer viewer = TestViewer.watch(b.node(0), "retained", "w")) {
      awaitRetained(viewer, "before", before);
      awaitRetained(viewer, "meanwhile", meanwhile);
    }
  }

  /** Sends an event that is retained, in a; returns its id. */
  private static String retain(String name) {
    JsonObject event = new JsonObject().put("name", name).put("data", 1).put("retain", true);
    Api.Answer answer = as("host", a).method("POST", "/streams/retained/events", event);
    assertThat(answer.status()).as(answer.text()).isEqualTo(202);
    return answer.json().getString("id");
  }

  private static void awaitRetained(TestViewer viewer, String name, String id) {
    JsonObject event = viewer.awaitMessage("event", m -> m.getString("name").equals(name));
    assertThat(event.getString("id")).isEqualTo(id);
    assertThat(event.getBoolean("retained")).isTrue();
  }

  private static String pageOf(TestRegion region) {
    return "http://127.0.0.1:" + region.node(0).port();
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void aKilledRegionsViewersGoOnInAnotherAndItsCountsVanish() throws Exception {
    List<String> streams = StreamViewers.streams("left", 20);
    List<String> page = List.of(pageOf(b), pageOf(a), "moving");
    try (StreamViewers left = StreamViewers.watch(List.of(b.node(0)), streams, 1);
        StreamViewers stayed = StreamViewers.watch(List.of(a.node(0)), streams, 1);
        TestViewer inA = TestViewer.watch(a.node(0), "moving", "in-a");
        TestViewer inB = TestViewer.watch(b.node(0), "moving", "in-b");
        TestViewer also = TestViewer.watch(b.node(0), "moving", "in-b-too")) {
      Process client = NodeScript.start("moves.mjs", page);
      try (BufferedReader told = client.inputReader(StandardCharsets.UTF_8)) {
        // ovation.js in Chromium, and two bare ones.
        inA.awaitMessage("viewers", m -> m.getLong("count") == 4);
        double before = b.sum(FORWARDED);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          ids.add(b.node(0).api().accepted("moving", "u" + i, "text"));
        }
        also.awaitExactly(ids, LIMIT);
        inA.awaitExactly(ids, LIMIT);
        JsonObject last = inB.all("comment").get(5);
        double forwarded;
        try (CommentLoad load = CommentLoad.start(List.of(b.node(0)), streams, PER_SECOND)) {
          load.awaitMore(400, LIMIT);
          forwarded = b.sum(FORWARDED) - before - ids.size();
          b.kill();
        }
        long killed = System.nanoTime();
        ids.add(a.node(0).api().accepted("moving", "u", "after"));

        // The bare one says where it was, and gets what it missed and a few seconds more.
        try (TestViewer moved = move("moving", last)) {
          moved.awaitAll(ids, LIMIT);
          RegionRing.readUntil(told, ids);
          assertThat(Duration.ofNanos(System.nanoTime() - killed))
              .isLessThan(Contention.allowedFor(Duration.ofSeconds(15)));
          // Its own three; those that b had end with its last word.
          Await.until("b's to vanish", LIMIT, () -> viewers(a, "moving") == 3);
          inA.await(
              "the count",
              LIMIT,
              v -> {
                JsonObject newest = v.newest("viewers");
                return newest != null && newest.getLong("count") == 3;
              });
        }
        Await.until("all that was carried over", LIMIT, () -> seen(stayed, streams) >= forwarded);
        for (String stream : streams) {
          checkMoved(left.of(stream).get(0), stayed.of(stream).get(0), stream);
        }
      } finally {
        client.destroyForcibly();
      }
    }
  }

  /** A bare client that was in b and goes on in a behind an event. */
  private static TestViewer move(String stream, JsonObject last) {
    TestViewer moved = TestViewer.connect(a.node(0), "moved");
    return moved.send(
        TestViewer.watchMessage(stream, "mover")
            .put("region", "b")
            .put("at", last.getString("at")));
  }

  /** Had it lost its connection in the middle of what it saw, it would miss nothing either. */
  private static void checkMoved(TestViewer left, TestViewer stayed, String stream) {
    int middle = left.events().size() / 2;
    List<String> expected = new ArrayList<>(ids(stayed));
    expected.removeAll(ids(left).subList(0, middle + 1));
    assertThat(expected).isNotEmpty();
    try (TestViewer moved = move(stream, left.all("comment").get(middle))) {
      moved.awaitAll(expected, LIMIT);
      String next = a.node(0).api().accepted(stream, "u", "next");
      moved.awaitAll(List.of(next), LIMIT);
      assertThat(ids(moved)).containsSubsequence(expected).endsWith(next);
      assertThat(moved.gaps()).isEmpty();
    }
  }

  private static List<String> ids(TestViewer viewer) {
    return viewer.events().stream().map(TestViewer.Event::id).toList();
  }
}
