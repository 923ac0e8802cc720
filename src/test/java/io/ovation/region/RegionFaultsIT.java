package io.ovation.region;

import static io.ovation.region.RegionPair.DISPATCHER;
import static io.ovation.region.RegionPair.FORWARDER;
import static io.ovation.region.RegionPair.OTHER_FORWARDER;
import static io.ovation.region.RegionRing.LIMIT;
import static io.ovation.region.RegionRing.as;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.Contention;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever fails while comments go from one region to another, viewers of both see each of them
 * once and in order.
 */
@ExtendWith(ShowLogs.class)
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
}
