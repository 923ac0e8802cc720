package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.CommentPosts;
import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import io.ovation.testkit.Ports;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A ring of three regions, each with a RabbitMQ, a Redis and a cluster of its own. Region {@code a}
 * runs its forwarder on a node of its own. Region {@code c} has a second link to {@code a}, and its
 * outboxes drop what is older than some seconds. The last test kills it.
 */
@ExtendWith(ShowLogs.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String FORWARDER = "io.ovation.region.RegionVerticle";
  private static final String SERVING =
      String.join(",", TestCluster.INGRESS, TestCluster.DISPATCH, TestCluster.SUPERVISE);

  private static final String SECRET = "a-secret-of-32-characters-or-more";

  /** In each node's own directory. */
  private static final String SPANS = "spans.jsonl";

  private static TestRegion a;
  private static TestRegion b;
  private static TestRegion c;
  private static final Vertx VERTX = Vertx.vertx();
  private static final TestOrigin ORIGIN = new TestOrigin().atOnce();
  private static FaultProxy secondLink;

  @BeforeAll
  static void start() {
    List<TestRegion> regions = TestRegion.start("a", "b", "c");
    a = regions.get(0);
    b = regions.get(1);
    c = regions.get(2);
    secondLink =
        new FaultProxy(
            VERTX,
            "127.0.0.1",
            Ports.free(),
            () -> SocketAddress.inetSocketAddress(a.rabbit.port(), "127.0.0.1"));
    String toA = a.rabbit.uri();
    String toAAgain = toA.replace(":" + a.rabbit.port(), ":" + secondLink.port());
    Map<String, String> secret =
        Map.of(
            "OVATION_AUTH_SECRET",
            SECRET,
            "OVATION_TRACE_FILE",
            SPANS,
            "OVATION_TRACE_ONE_IN",
            "10000000");
    Map<String, String> bounded = new HashMap<>(secret);
    bounded.put("OVATION_REGIONS_OUTBOX_AGE", "3s");
    a.nodes(Map.of("b", b.rabbit.uri(), "c", c.rabbit.uri()), secret, SERVING, FORWARDER);
    Map<String, String> checking = new HashMap<>(secret);
    checking.put("OVATION_LIVENESS_ORIGIN", ORIGIN.uri());
    checking.put("OVATION_LIVENESS_TTL", "5s");
    b.nodes(Map.of("a", toA, "c", c.rabbit.uri()), checking, TestCluster.ALL);
    c.nodes(Map.of("a", toA, "a2", toAAgain, "b", b.rabbit.uri()), bounded, TestCluster.ALL);
    a.awaitReady();
    b.awaitReady();
    c.awaitReady();
  }

  @AfterAll
  static void stop() {
    a.close();
    b.close();
    c.close();
    secondLink.close();
    ORIGIN.close();
    VERTX.close();
  }

  private static Api as(String role, TestRegion region) {
    JsonObject claims = new JsonObject().put("sub", "mod").put("role", role);
    claims.put("streams", JsonArray.of("*"));
    claims.put("exp", System.currentTimeMillis() / 1000 + 3_600);
    return Api.withToken(region.node(0).port(), TokenSigner.sign(SECRET, claims));
  }

  private static void awaitComment(TestRegion region, String stream, String user, int status) {
    JsonObject body = new JsonObject().put("user", user).put("text", "hi");
    Await.until(
        "status " + status + " for " + user + " in " + region.name,
        LIMIT,
        () -> region.node(0).api().comment(stream, body).join().status() == status);
  }

  private static JsonObject state(TestRegion region, String stream) {
    Api.Answer answer = region.node(0).api().get("/streams/" + stream + "?regions=1");
    return answer.status() == 200 ? answer.json() : new JsonObject();
  }

  @Test
  void aCommentInOneRegionIsSeenInBothOnceAndInOrder() {
    List<String> streams = StreamViewers.streams("both", 50);
    double before = a.sum("ovation_region_put_total");
    double back = b.sum("ovation_region_put_total");
    double duplicates = b.sum("ovation_region_duplicates_total");
    double carried = a.sum("ovation_region_forwarded_total");
    try (StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
        CommentLoad load = CommentLoad.start(List.of(a.node(0)), streams, 200)) {
      load.awaitMore(600, LIMIT);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      // Each was handed on once, and none came again.
      long accepted = streams.stream().mapToLong(stream -> load.accepted(stream).size()).sum();
      assertThat(a.sum("ovation_region_put_total") - before).isEqualTo(2 * accepted);
      Await.until(
          "each comment forwarded to each other region",
          LIMIT,
          () -> a.sum("ovation_region_forwarded_total") - carried == 2 * accepted);
      JsonArray lags = a.node(0).operators().get("/partitions").json().getJsonArray("regions");
      assertThat(lags)
          .extracting(lag -> ((JsonObject) lag).getString("region"))
          .containsExactly("b", "c");
      assertThat(b.sum("ovation_region_duplicates_total")).isEqualTo(duplicates);
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

  @Test
  void allDirectionsAtOnceNeitherLoopNorDouble() {
    List<String> streams = StreamViewers.streams("meet", 5);
    try (StreamViewers viewers =
        StreamViewers.watch(List.of(a.node(0), b.node(0), c.node(0)), streams, 1)) {
      Map<String, Set<String>> all = new HashMap<>();
      for (TestRegion from : List.of(a, b, c)) {
        CommentPosts posts = CommentPosts.send(List.of(from.node(0)), streams, 50);
        streams.forEach(
            s -> all.computeIfAbsent(s, t -> new HashSet<>()).addAll(posts.accepted(s)));
      }
      for (String stream : streams) {
        Set<String> ids = all.getOrDefault(stream, Set.of());
        viewers.of(stream).forEach(viewer -> viewer.awaitExactly(ids, LIMIT));
      }
    }
  }

  @Test
  void whatASecondLinkBringsLaterThanIdsAreRememberedIsKnown() {
    secondLink.cut();
    double duplicates = a.sum("ovation_region_duplicates_total");
    try (TestViewer viewer = TestViewer.watch(a.node(0), "late", "v")) {
      Set<String> ids = new HashSet<>();
      for (int i = 0; i < 50; i++) {
        ids.add(c.node(0).api().accepted("late", "u" + i, "text"));
      }
      viewer.awaitExactly(ids, LIMIT);
      // Ten minutes pass for the ids, not for the forwarder that holds the items.
      assertThat(a.redis.deleteKeys("ov:*}:[ij]:*")).isGreaterThanOrEqualTo(50);
      secondLink.heal();
      Await.until(
          "all to come again",
          LIMIT,
          () -> a.sum("ovation_region_duplicates_total") - duplicates >= 50);
      ids.add(c.node(0).api().accepted("late", "u", "last"));
      viewer.awaitExactly(ids, LIMIT);
    }
  }

  @Test
  void theOtherBrokersDeathAndTheForwardersLoseAndDoubleNothingWithinTheBound() {
    List<String> streams = StreamViewers.streams("outage", 50);
    try (StreamViewers viewers = StreamViewers.watch(List.of(a.node(0), b.node(0)), streams, 1);
        TestViewer inB = TestViewer.watch(b.node(0), "bounded", "v");
        CommentLoad load = CommentLoad.start(List.of(a.node(0)), streams, 200)) {
      load.awaitMore(200, LIMIT);
      String first = c.node(0).api().accepted("bounded", "u", "first");
      inB.awaitExactly(Set.of(first), LIMIT);
      b.rabbit.kill();
      List<String> bounded = fillPastItsBound("bounded");
      load.awaitMore(200, LIMIT);
      assertThat(load.retries()).isZero();
      double dropped = c.sum("ovation_region_dropped_total");
      b.rabbit.start();
      load.awaitMore(200, LIMIT);
      a.node(1).kill();
      load.awaitMore(200, LIMIT);
      a.restart(1);
      load.finish(LIMIT);
      viewers.awaitExactly(load::accepted, LIMIT);
      bounded.add(c.node(0).api().accepted("bounded", "u", "last"));
      checkGap(inB, first, bounded, dropped);
    }
  }

  /** A forwarder holds 100 items; those behind them end in the queue. */
  private static List<String> fillPastItsBound(String stream) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 180; i++) {
      ids.add(c.node(0).api().accepted(stream, "u" + i % 9, "text " + i));
    }
    Await.until(
        "the oldest items to end",
        LIMIT,
        () -> outbox(c, "b").getLong("items") <= 100 && outbox(c, "b").getLong("lag_ms") > 3_000);
    return ids;
  }

  private static JsonObject outbox(TestRegion region, String to) {
    JsonArray all = region.node(0).operators().get("/partitions").json().getJsonArray("regions");
    return all.stream()
        .map(JsonObject.class::cast)
        .filter(lag -> to.equals(lag.getString("region")))
        .findFirst()
        .orElseThrow();
  }

  /** What a viewer did not see is what was dropped, all of it in one gap. */
  private static void checkGap(TestViewer viewer, String first, List<String> ids, double before) {
    viewer.awaitMessage("comment", m -> m.getString("id").equals(ids.get(ids.size() - 1)));
    viewer.checkOrdered();
    List<String> seen = viewer.events().stream().map(TestViewer.Event::id).toList();
    List<String> lost = new ArrayList<>(ids);
    lost.removeAll(seen);
    assertThat(lost).isNotEmpty();
    assertThat(c.sum("ovation_region_dropped_total") - before).isEqualTo(lost.size());
    // Everything else, in its order.
    List<String> expected = new ArrayList<>(List.of(first));
    expected.addAll(ids);
    expected.removeAll(lost);
    assertThat(seen).isEqualTo(expected);
    assertThat(viewer.gaps()).hasSize(1);
    int before1 = seen.indexOf(ids.get(ids.indexOf(lost.get(0)) - 1));
    TestViewer.Gap gap = viewer.gaps().get(0);
    assertThat(gap.from()).isGreaterThan(viewer.events().get(before1).offset());
    assertThat(gap.to()).isLessThan(viewer.events().get(before1 + 1).offset());
  }

  /** The spans of one trace that a node has exported so far. */
  private static List<JsonObject> spans(NodeProcess node, String trace) {
    try {
      return Files.readAllLines(node.spec().dir().resolve(SPANS)).stream()
          .flatMap(line -> objects(new JsonObject(line), "resourceSpans"))
          .flatMap(of -> objects(of, "scopeSpans"))
          .flatMap(of -> objects(of, "spans"))
          .filter(span -> span.getString("traceId").equals(trace))
          .toList();
    } catch (IOException | DecodeException e) {
      return List.of();
    }
  }

  private static Stream<JsonObject> objects(JsonObject of, String field) {
    return of.getJsonArray(field).stream().map(JsonObject.class::cast);
  }

  @Test
  void oneTraceLeadsFromThePostThroughThreeProcessesAndTwoRegionsToTheViewers() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    NodeProcess serving = a.node(0);
    NodeProcess forwarder = a.node(1);
    try (TestViewer here = TestViewer.watch(serving, "traced", "v");
        TestViewer alsoHere = TestViewer.watch(serving, "traced", "w");
        TestViewer there = TestViewer.watch(b.node(0), "traced", "v")) {
      JsonObject body = new JsonObject().put("user", "u").put("text", "hi");
      String parent = "00-" + trace + "-00f067aa0ba902b7-01";
      Api.Answer answer = serving.api().post("/streams/traced/comments", body, parent);
      String id = answer.json().getString("id");
      List.of(here, alsoHere, there).forEach(viewer -> viewer.awaitAll(List.of(id), LIMIT));
      Map<NodeProcess, Set<String>> names =
          Map.of(
              serving,
              Set.of(
                  "POST /streams/:stream/comments",
                  "publish",
                  "dispatch",
                  "append",
                  "send",
                  "write"),
              forwarder,
              Set.of("forward"),
              b.node(0),
              Set.of("dispatch", "append", "send", "write"));
      Map<String, JsonObject> all = new HashMap<>();
      Await.until(
          () -> "all spans, not " + all.values(),
          LIMIT,
          () -> {
            names.keySet().forEach(n -> spans(n, trace).forEach(s -> all.put(id(s), s)));
            return names.entrySet().stream()
                .allMatch(
                    of ->
                        spans(of.getKey(), trace).stream()
                            .map(span -> span.getString("name"))
                            .collect(Collectors.toSet())
                            .containsAll(of.getValue()));
          });
      // Each follows from another one, up to the caller's.
      assertThat(all.values())
          .allSatisfy(
              span ->
                  assertThat(span.getString("parentSpanId"))
                      .matches(by -> by.equals("00f067aa0ba902b7") || all.containsKey(by)));
      // One per batch and node, however many viewers.
      assertThat(spans(serving, trace))
          .filteredOn(s -> s.getString("name").equals("write"))
          .hasSize(1);
      assertThat(spans(serving, trace).toString()).contains("ovation.viewers");
    }
  }

  private static String id(JsonObject span) {
    return span.getString("spanId");
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
      likes.forEach(RegionsIT::like);
      inA.awaitMessage("reactions", m -> total(m) == 123);
      inC.awaitMessage("reactions", m -> total(m) == 123);
      b.node(0).kill();
      b.restart(0);
      like(b, 4);
      inA.awaitMessage("reactions", m -> total(m) == 127);
      inC.awaitMessage("reactions", m -> total(m) == 127);
      for (TestViewer viewer : List.of(inA, inC)) {
        List<Long> totals = viewer.all("reactions").stream().map(RegionsIT::total).toList();
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

  private static long of(JsonObject regions, String region) {
    JsonObject one = regions.getJsonObject(region);
    return one == null ? 0 : one.getJsonObject("reactions").getLong("like", 0L);
  }

  private static long total(JsonObject reactions) {
    return reactions.getJsonObject("totals").getLong("like", 0L);
  }

  private static void like(TestRegion region, int count) {
    for (int left = count; left > 0; left -= 50) {
      String body = "{\"user\":\"u\",\"kind\":\"like\",\"count\":" + Math.min(50, left) + "}";
      Api.Answer answer = region.node(0).api().post("/streams/loved/reactions", body);
      assertThat(answer.status()).isEqualTo(202);
    }
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void aKilledRegionsViewersGoOnInAnotherAndItsCountsVanish() throws Exception {
    String urls = "http://127.0.0.1:" + c.node(0).port() + ",http://127.0.0.1:" + a.node(0).port();
    try (TestViewer inA = TestViewer.watch(a.node(0), "moving", "in-a");
        TestViewer inC = TestViewer.watch(c.node(0), "moving", "in-c");
        TestViewer also = TestViewer.watch(c.node(0), "moving", "in-c-too")) {
      Process client = NodeScript.start("viewers.mjs", List.of(urls, "moving"));
      try (BufferedReader told = client.inputReader(StandardCharsets.UTF_8)) {
        // The client of the browser, and two bare ones.
        inA.awaitMessage("viewers", m -> m.getLong("count") == 4);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          ids.add(c.node(0).api().accepted("moving", "u" + i, "text"));
        }
        also.awaitExactly(ids, LIMIT);
        inA.awaitExactly(ids, LIMIT);
        JsonObject last = inC.all("comment").get(5);
        c.kill();
        long killed = System.nanoTime();
        ids.add(a.node(0).api().accepted("moving", "u", "after"));

        // The bare one says where it was, and gets what it missed and a few seconds more.
        try (TestViewer moved = TestViewer.connect(a.node(0), "moved")) {
          moved.send(
              TestViewer.watchMessage("moving", "in-c")
                  .put("region", "c")
                  .put("at", last.getString("at")));
          moved.awaitAll(ids, LIMIT);
          readUntil(told, ids);
          assertThat(Duration.ofNanos(System.nanoTime() - killed))
              .isLessThan(Duration.ofSeconds(15));
          // Its own three; those that c had end with its last word.
          Await.until("c's to vanish", LIMIT, () -> viewers(a, "moving") == 3);
          inA.await(
              "the count",
              LIMIT,
              v -> {
                JsonObject newest = v.newest("viewers");
                return newest != null && newest.getLong("count") == 3;
              });
        }
      } finally {
        client.destroyForcibly();
      }
    }
  }

  private static long viewers(TestRegion region, String stream) {
    return state(region, stream).getLong("viewers", -1L);
  }

  /** Reads what the browser's client tells its page: each comment once. */
  private static void readUntil(BufferedReader told, List<String> ids) throws IOException {
    List<String> shown = new ArrayList<>();
    while (!shown.contains(ids.get(ids.size() - 1))) {
      String line = told.readLine();
      assertThat(line).as("what the client tells").isNotNull();
      JsonObject event = new JsonArray(line).getJsonObject(1);
      if ("comment".equals(event.getString("type"))) {
        shown.add(event.getString("id"));
      }
    }
    assertThat(shown).isEqualTo(ids);
  }
}
