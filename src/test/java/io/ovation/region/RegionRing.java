package io.ovation.region;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.Ports;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A ring of three regions, each with a RabbitMQ, a Redis and a cluster of its own. Each has two
 * links to each other one: the second, through a proxy, has the other's name and a 2. Region {@code
 * a} has a forwarder and a dispatcher on nodes of their own. The outboxes of {@code c} hold 64 KiB.
 */
final class RegionRing implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(60);

  /** Nodes of {@code a}: one that does everything else, and those that are killed. */
  static final int FORWARDER = 1;

  static final int DISPATCHER = 2;

  static final String SECRET = "a-secret-of-32-characters-or-more";

  final TestRegion a;
  final TestRegion b;
  final TestRegion c;
  private final Vertx vertx = Vertx.vertx();
  private final TestOrigin origin = new TestOrigin().atOnce();
  private final Map<String, FaultProxy> second = new HashMap<>();

  RegionRing() {
    List<TestRegion> regions = TestRegion.start("a", "b", "c");
    a = regions.get(0);
    b = regions.get(1);
    c = regions.get(2);
    Map<String, String> secret =
        Map.of(
            "OVATION_AUTH_SECRET",
            SECRET,
            "OVATION_TRACE_FILE",
            RegionSpans.FILE,
            "OVATION_TRACE_ONE_IN",
            "10000000");
    Map<String, String> checking = new HashMap<>(secret);
    checking.put("OVATION_LIVENESS_ORIGIN", origin.uri());
    checking.put("OVATION_LIVENESS_TTL", "5s");
    Map<String, String> bounded = new HashMap<>(secret);
    bounded.put("OVATION_REGIONS_OUTBOX_BYTES", "64KiB");
    String serving =
        String.join(",", TestCluster.INGRESS, TestCluster.DISPATCH, TestCluster.SUPERVISE);
    a.nodes(links(a), secret, serving, "io.ovation.region.RegionVerticle", TestCluster.DISPATCH);
    b.nodes(links(b), checking, TestCluster.ALL);
    c.nodes(links(c), bounded, TestCluster.ALL);
    all().forEach(TestRegion::awaitReady);
  }

  List<TestRegion> all() {
    return List.of(a, b, c);
  }

  private Map<String, String> links(TestRegion from) {
    Map<String, String> links = new HashMap<>();
    for (TestRegion to : all()) {
      if (to != from) {
        FaultProxy again =
            new FaultProxy(
                vertx,
                "127.0.0.1",
                Ports.free(),
                () -> SocketAddress.inetSocketAddress(to.rabbit.port(), "127.0.0.1"));
        second.put(from.name + to.name, again);
        links.put(to.name, to.rabbit.uri());
        links.put(
            to.name + "2", to.rabbit.uri().replace(":" + to.rabbit.port(), ":" + again.port()));
      }
    }
    return links;
  }

  /** The second link from one region to another. */
  FaultProxy secondLink(TestRegion from, TestRegion to) {
    return Objects.requireNonNull(second.get(from.name + to.name));
  }

  /**
   * Waits until each link has carried over each comment once: no more went out than regions and
   * links ask for, and of what arrived, the half that came second was known. The counters must have
   * begun at zero.
   *
   * @param accepted how many comments a region accepted
   */
  void awaitForwardedOnce(ToLongFunction<TestRegion> accepted) {
    long all = all().stream().mapToLong(accepted).sum();
    for (TestRegion region : all()) {
      long own = accepted.applyAsLong(region);
      Map<String, Double> expected = new TreeMap<>();
      expected.put("put", 4.0 * own);
      expected.put("forwarded", 4.0 * own);
      expected.put("arrived", (double) (all - own));
      expected.put("duplicates", (double) (all - own));
      Map<String, Double> counted = new TreeMap<>();
      Await.until(
          () -> "each comment of " + region.name + " on each link once: " + counted,
          LIMIT,
          () -> {
            expected
                .keySet()
                .forEach(c -> counted.put(c, region.sum("ovation_region_" + c + "_total")));
            return counted.equals(expected);
          });
      for (TestRegion to : all()) {
        if (to != region) {
          assertThat(forwarded(region, to.name)).isEqualTo((double) own);
          assertThat(forwarded(region, to.name + "2")).isEqualTo((double) own);
        }
      }
    }
  }

  private static double forwarded(TestRegion from, String link) {
    return from.sum("ovation_region_forwarded_total{region=\"" + link + "\"}");
  }

  /** Each viewer has each region's comments in the order of that region's own viewer. */
  static void checkOriginsOrder(List<TestRegion> regions, List<TestViewer> viewers) {
    for (int origin = 0; origin < regions.size(); origin++) {
      List<String> own = comments(viewers.get(origin), null);
      for (int i = 0; i < viewers.size(); i++) {
        if (i != origin) {
          assertThat(comments(viewers.get(i), regions.get(origin).name)).isEqualTo(own);
        }
      }
    }
  }

  /** The ids of the comments that a viewer has of another region, or of its own. */
  private static List<String> comments(TestViewer viewer, @Nullable String region) {
    return viewer.all("comment").stream()
        .filter(comment -> Objects.equals(comment.getString("region"), region))
        .map(comment -> comment.getString("id"))
        .toList();
  }

  static Api as(String role, TestRegion region) {
    JsonObject claims = new JsonObject().put("sub", "mod").put("role", role);
    claims.put("streams", JsonArray.of("*"));
    claims.put("exp", System.currentTimeMillis() / 1000 + 3_600);
    return Api.withToken(region.node(0).port(), TokenSigner.sign(SECRET, claims));
  }

  static void awaitComment(TestRegion region, String stream, String user, int status) {
    JsonObject body = new JsonObject().put("user", user).put("text", "hi");
    Await.until(
        "status " + status + " for " + user + " in " + region.name,
        LIMIT,
        () -> region.node(0).api().comment(stream, body).join().status() == status);
  }

  static JsonObject state(TestRegion region, String stream) {
    Api.Answer answer = region.node(0).api().get("/streams/" + stream + "?regions=1");
    return answer.status() == 200 ? answer.json() : new JsonObject();
  }

  static long viewers(TestRegion region, String stream) {
    return state(region, stream).getLong("viewers", -1L);
  }

  static long of(JsonObject regions, String region) {
    JsonObject one = regions.getJsonObject(region);
    return one == null ? 0 : one.getJsonObject("reactions").getLong("like", 0L);
  }

  static long total(JsonObject reactions) {
    return reactions.getJsonObject("totals").getLong("like", 0L);
  }

  static void like(TestRegion region, int count) {
    for (int left = count; left > 0; left -= 50) {
      String body = "{\"user\":\"u\",\"kind\":\"like\",\"count\":" + Math.min(50, left) + "}";
      Api.Answer answer = region.node(0).api().post("/streams/loved/reactions", body);
      assertThat(answer.status()).isEqualTo(202);
    }
  }

  /** Reads what the browser's client tells its page: each comment once. */
  static void readUntil(BufferedReader told, List<String> ids) throws IOException {
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

  @Override
  public void close() {
    all().forEach(TestRegion::close);
    second.values().forEach(FaultProxy::close);
    origin.close();
    vertx.close();
  }
}
