package io.ovation.region;

import static io.ovation.region.RegionRing.LIMIT;
import static io.ovation.region.RegionRing.as;
import static io.ovation.region.RegionRing.awaitComment;
import static io.ovation.region.RegionRing.like;
import static io.ovation.region.RegionRing.of;
import static io.ovation.region.RegionRing.state;
import static io.ovation.region.RegionRing.total;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.DeletionChecks;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Three regions whose links are all doubled. */
@Tag("alone")
@ExtendWith(ShowLogs.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegionsIT {
  /** Of B's RabbitMQ; {@code bin/test} has not the minute that an outage by hand has. */
  private static final Duration OUTAGE =
      Duration.ofSeconds(Long.getLong("ovation.test.outage.seconds", 10));

  private static RegionRing ring;
  private static TestRegion a;
  private static TestRegion b;
  private static TestRegion c;

  @BeforeAll
  static void start() {
    ring = new RegionRing();
    a = ring.a;
    b = ring.b;
    c = ring.c;
  }

  @AfterAll
  static void stop() {
    ring.close();
  }

  @Test
  void aCommentInOneRegionIsSeenInBothOnceAndInOrder() {
    List<String> streams = StreamViewers.streams("both", 50);
    double before = a.sum("ovation_region_put_total");
    double duplicates = b.sum("ovation_region_duplicates_total");
    double arrived = b.sum("ovation_region_arrived_total");
    double carried = a.sum("ovation_region_forwarded_total");
    try (StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
        CommentLoad load = CommentLoad.start(List.of(a.node(0)), streams, 200)) {
      load.awaitMore(600, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      // Each went over each of the four links once, and was taken in once.
      long accepted = streams.stream().mapToLong(stream -> load.accepted(stream).size()).sum();
      assertThat(a.sum("ovation_region_put_total") - before).isEqualTo(4 * accepted);
      Await.until(
          "each comment on each link, and known when it came the second time",
          LIMIT,
          () ->
              a.sum("ovation_region_forwarded_total") - carried == 4 * accepted
                  && b.sum("ovation_region_duplicates_total") - duplicates == accepted);
      assertThat(b.sum("ovation_region_arrived_total") - arrived).isEqualTo(accepted);
      JsonArray lags = a.node(0).operators().get("/partitions").json().getJsonArray("regions");
      assertThat(lags)
          .extracting(lag -> ((JsonObject) lag).getString("region"))
          .containsExactly("b", "b2", "c", "c2");
    }
  }

  @Test
  void eachMetricOfDashboardsAndAlertsExists() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String file :
        List.of("grafana/dashboards/ovation-regions.json", "prometheus/alerts.yml")) {
      Pattern.compile("ovation_region_[a-z_]+")
          .matcher(Files.readString(Path.of("deploy", file)))
          .results()
          .forEach(metric -> named.add(metric.group()));
    }
    assertThat(named).hasSizeGreaterThan(10);
    String scrape = b.node(0).operators().get("/metrics").text();
    named.removeIf(
        metric -> scrape.contains("\n" + metric + "{") || scrape.contains("\n" + metric + " "));
    assertThat(named).isEmpty();
  }

  /** First, so that the counters begin at zero. */
  @Test
  @Order(1)
  void allDirectionsAtOnceNeitherLoopNorDouble() {
    List<String> streams = StreamViewers.streams("meet", 20);
    Map<TestRegion, CommentLoad> loads = new HashMap<>();
    List<NodeProcess> nodes = ring.all().stream().map(region -> region.node(0)).toList();
    try (StreamViewers viewers = StreamViewers.watch(nodes, streams, 1)) {
      for (TestRegion from : ring.all()) {
        loads.put(from, CommentLoad.start(List.of(from.node(0)), streams, 50));
      }
      loads.values().forEach(load -> load.awaitMore(200, LIMIT));
      loads.values().forEach(load -> load.finish(LIMIT));
      for (String stream : streams) {
        Set<String> ids = new HashSet<>();
        loads.values().forEach(load -> ids.addAll(load.accepted(stream)));
        viewers.of(stream).forEach(viewer -> viewer.awaitExactly(ids, LIMIT));
        RegionRing.checkOriginsOrder(ring.all(), viewers.of(stream));
      }
      ring.awaitForwardedOnce(region -> Objects.requireNonNull(loads.get(region)).total());
    } finally {
      loads.values().forEach(CommentLoad::close);
    }
  }

  @Test
  void whatASecondLinkBringsLaterThanIdsAreRememberedIsKnown() {
    ring.secondLink(c, a).cut();
    double duplicates = a.sum("ovation_region_duplicates_total");
    try (TestViewer viewer = TestViewer.watch(a.node(0), "late", "v")) {
      Set<String> ids = new HashSet<>();
      for (int i = 0; i < 50; i++) {
        ids.add(c.node(0).api().accepted("late", "u" + i, "text"));
      }
      viewer.awaitExactly(ids, LIMIT);
      // Ten minutes pass for the ids, not for the forwarder that holds the items.
      assertThat(a.redis.deleteKeys("ov:*}:[ij]:*")).isGreaterThanOrEqualTo(50);
      ring.secondLink(c, a).heal();
      Await.until(
          "all to come again",
          LIMIT,
          () -> a.sum("ovation_region_duplicates_total") - duplicates >= 50);
      ids.add(c.node(0).api().accepted("late", "u", "last"));
      viewer.awaitExactly(ids, LIMIT);
    }
  }

  @Test
  void theOtherBrokersDeathAndThatOfForwarderAndDispatcherLoseAndDoubleNothing() throws Exception {
    List<String> streams = StreamViewers.streams("outage", 50);
    List<String> rude = StreamViewers.streams("rude", 6);
    DeletionChecks comments = new DeletionChecks(() -> a.node(0).api(), () -> as("moderator", a));
    Map<String, Long> before = new HashMap<>();
    try (StreamViewers witnesses = StreamViewers.watch(List.of(a.node(0), b.node(0)), rude, 1);
        CommentLoad rudeLoad = CommentLoad.start(List.of(a.node(0)), rude, 50);
        StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
        OutboxOverflow overflow = new OutboxOverflow(ring);
        CommentLoad load = CommentLoad.start(List.of(a.node(0)), streams, 200);
        OperatorsPage page = new OperatorsPage(a.node(0), "b")) {
      load.awaitMore(200, LIMIT);
      page.await("connected");
      b.rabbit.kill();
      long killed = System.nanoTime();
      overflow.fill();
      while (System.nanoTime() - killed < OUTAGE.toNanos()) {
        load.awaitMore(50, LIMIT);
      }
      // The region itself is unharmed.
      assertThat(load.retries()).isZero();
      // Ten minutes pass for the ids in b.
      b.redis.deleteKeys("ov:*}:[ij]:*");
      page.await("grows");
      b.rabbit.start();
      page.await("falls");
      load.awaitMore(200, LIMIT);
      rude.forEach(s -> before.put(s, witnesses.of(s).get(1).watchingOffset()));
      rude.forEach(stream -> comments.post(stream, "deleted", witnesses));
      rude.subList(0, 3).forEach(stream -> comments.delete(stream, "deleted"));
      a.node(RegionRing.FORWARDER).kill();
      a.node(RegionRing.DISPATCHER).kill();
      rude.subList(3, 6).forEach(stream -> comments.delete(stream, "deleted"));
      load.awaitMore(200, LIMIT);
      a.restart(RegionRing.FORWARDER);
      load.finish(LIMIT);
      rudeLoad.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      rude.forEach(stream -> DeletionChecks.await(witnesses, stream, "deleted", LIMIT));
      overflow.checkGap();
    }
    for (String stream : rude) {
      comments.checkGone(b.node(0), stream, before.getOrDefault(stream, 0L));
    }
  }

  @Test
  void oneTraceLeadsFromThePostThroughThreeProcessesAndTwoRegionsToTheViewers() {
    RegionSpans spans = new RegionSpans("4bf92f3577b34da6a3ce929d0e0e4736");
    NodeProcess serving = a.node(0);
    try (TestViewer here = TestViewer.watch(serving, "traced", "v");
        TestViewer alsoHere = TestViewer.watch(serving, "traced", "w");
        TestViewer there = TestViewer.watch(b.node(0), "traced", "v")) {
      JsonObject body = new JsonObject().put("user", "u").put("text", "hi");
      String parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
      Api.Answer answer = serving.api().post("/streams/traced/comments", body, parent);
      String id = answer.json().getString("id");
      List.of(here, alsoHere, there).forEach(viewer -> viewer.awaitAll(List.of(id), LIMIT));
      spans.await(
          Map.of(
              List.of(serving),
              Set.of("POST /streams/:stream/comments", "publish", "write"),
              List.of(serving, a.node(RegionRing.DISPATCHER)),
              Set.of("dispatch", "append", "send"),
              List.of(a.node(RegionRing.FORWARDER)),
              Set.of("forward"),
              List.of(b.node(0)),
              Set.of("dispatch", "append", "send", "write")),
          "00f067aa0ba902b7");
      // One per batch and node, however many viewers.
      List<JsonObject> served = spans.of(List.of(serving));
      assertThat(served).filteredOn(s -> s.getString("name").equals("write")).hasSize(1);
      assertThat(served.toString()).contains("ovation.viewers");
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

  @Test
  void bansSettingsAndDeletionsOfOneRegionHoldInTheOthers() {
    JsonObject ban = new JsonObject().put("for", "10m").put("reason", "spam");
    as("moderator", a).method("PUT", "/streams/ruled/bans/rude", ban);
    awaitComment(b, "ruled", "rude", 403);
    awaitComment(c, "ruled", "rude", 403);
    JsonObject there =
        as("moderator", c).get("/streams/ruled/bans").json().getJsonArray("bans").getJsonObject(0);
    assertThat(there.getString("reason")).isEqualTo("spam");
    as("moderator", b).method("DELETE", "/streams/ruled/bans/rude");
    awaitComment(a, "ruled", "rude", 202);
    awaitComment(c, "ruled", "rude", 202);
    as("admin", c).method("PUT", "/bans/troll", ban);
    awaitComment(a, "any", "troll", 403);
    awaitComment(b, "other", "troll", 403);

    try (TestViewer viewer = TestViewer.watch(c.node(0), "ruled", "v")) {
      JsonObject slow = new JsonObject().put("slow_mode", "7s");
      as("moderator", a).method("PUT", "/streams/ruled/settings", slow);
      viewer.awaitMessage("settings", m -> m.getLong("slow_mode_ms") == 7_000);
      JsonObject fast = new JsonObject().put("slow_mode", "0s").put("links", false);
      as("moderator", c).method("PUT", "/streams/ruled/settings", fast);
      for (TestRegion region : List.of(a, b, c)) {
        Await.until(
            "the newest settings in " + region.name,
            LIMIT,
            () -> {
              JsonObject settings = state(region, "ruled").getJsonObject("settings");
              return settings != null
                  && settings.getString("slow_mode").equals("0s")
                  && !settings.getBoolean("links");
            });
      }
      String id = a.node(0).api().accepted("ruled", "alice", "rude");
      viewer.awaitMessage("comment", m -> m.getString("id").equals(id));
      String path = "/streams/ruled/comments/" + id + "?user=alice";
      assertThat(as("moderator", b).method("DELETE", path).status()).isEqualTo(202);
      viewer.awaitMessage("deleted", m -> m.getString("id").equals(id));
    }
  }

  /** Also what no other region has heard of: a comment that waits for the moderators of one. */
  @Test
  void erasingAUserInOneRegionTakesTheirWordsOutOfTheOthers() {
    new ErasureChecks(ring).check();
  }

  @Test
  void aStreamThatIsLiveInOneRegionIsLiveInAllUntilItIsDark() {
    try (TestViewer viewer = TestViewer.watch(c.node(0), "7", "v")) {
      b.node(0).api().post("/callback", "{\"object_ids\":[7]}");
      assertThat(viewer.awaitMessage("status", 0).getBoolean("live")).isTrue();
      int mark = viewer.mark();
      JsonObject live = state(c, "7");
      assertThat(live.getBoolean("live")).isTrue();
      assertThat(live.getJsonObject("regions").getJsonObject("c").getBoolean("live")).isNull();
      assertThat(viewer.awaitMessage("status", mark).getBoolean("live")).isFalse();
    }
  }

  @Test
  void reactionsOfAllRegionsAddUpEverywhereAndNeverGoBack() {
    Map<TestRegion, Integer> likes = Map.of(a, 3, b, 20, c, 100);
    try (TestViewer inA = TestViewer.watch(a.node(0), "loved", "v");
        TestViewer inC = TestViewer.watch(c.node(0), "loved", "w")) {
      likes.forEach(RegionRing::like);
      inA.awaitMessage("reactions", m -> total(m) == 123);
      inC.awaitMessage("reactions", m -> total(m) == 123);
      b.node(0).kill();
      b.restart(0);
      like(b, 4);
      inA.awaitMessage("reactions", m -> total(m) == 127);
      inC.awaitMessage("reactions", m -> total(m) == 127);
      for (TestViewer viewer : List.of(inA, inC)) {
        List<Long> totals = viewer.all("reactions").stream().map(RegionRing::total).toList();
        assertThat(totals).isSorted();
      }
    }
    Await.until(
        "each region's own totals in b",
        LIMIT,
        () -> {
          JsonObject regions = state(b, "loved").getJsonObject("regions");
          return regions != null
              && of(regions, "a") == 3
              && of(regions, "b") == 24
              && of(regions, "c") == 100;
        });
  }

  private static String pageOf(TestRegion region) {
    return "http://127.0.0.1:" + region.node(0).port();
  }

  @Test
  void twoBrowsersInTwoRegionsTalk() {
    NodeScript.run("regions.mjs", pageOf(a), pageOf(b));
  }
}
