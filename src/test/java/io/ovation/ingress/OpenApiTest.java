package io.ovation.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.moderation.Ban;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.store.LastSeenIndex;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.ovation.wire.proto.StreamStatus;
import io.ovation.wire.proto.StreamStatus.Live;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** The server does what its OpenAPI file says, and the file says all that the server does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpenApiTest {
  private static final String FOR_VIEWERS = "/health/ready/viewers";
  private static final String COMMENTS = "/streams/{stream}/comments";
  private static final Pattern ELSEWHERE =
      Pattern.compile(" /queue/| /partitions|/events|/comments/|/settings|/held|/bans|/users");
  private static final String STREAM = "/streams/{stream}";
  private static final String CALLBACK = "/callback";
  private static final String OBJECTS = "/objects";
  private static final String OBJECT = "/objects/{id}";
  private static final String PACKAGES = "/packages";
  private static final String PACKAGE_OF = "/packages/{id}";
  private static final String SEND_BACK = "/packages/{id}/send-back";
  private static final String PACKAGE = "{\"id\":\"p1\",\"type\":\"log\",\"payload\":{}}";
  private static final String REACTIONS = "/streams/{stream}/reactions";
  private static final String REACTIONS_OF_S1 = "/streams/s1/reactions";
  private static final String REACTION = "{\"user\":\"alice\",\"kind\":\"like\"}";
  private static final String GOOD = "{\"user\":\"alice\",\"text\":\"hi\"}";

  private final Set<String> seen = new TreeSet<>();

  /** Requests whose bodies never come, by path: all wait for the timeout at the same time. */
  private final Map<String, RawHttp> stalled = new HashMap<>();

  private HttpFixture node;
  private OpenApiContract contract;

  @BeforeAll
  void start() throws Exception {
    node = new HttpFixture();
    contract = new OpenApiContract(RawHttp.get(node.port, "/openapi.yaml").body());
    List<String> paths = List.of("/streams/s1/comments", REACTIONS_OF_S1, CALLBACK, PACKAGES);
    paths.forEach(path -> stalled.put(path, stalledRequest(path)));
  }

  @AfterAll
  void stop() throws Exception {
    node.close();
  }

  /** The last, when the stalled requests have waited for most of their time. */
  @Test
  @Order(Integer.MAX_VALUE)
  void everyDocumentedAnswerIsGivenAsDocumented() {
    check("GET", "/openapi.yaml", RawHttp.get(node.port, "/openapi.yaml"));
    check("GET", "/metrics", RawHttp.get(node.port, "/metrics"));
    check("GET", "/health/live", RawHttp.get(node.port, "/health/live"));
    check("GET", "/health/ready", RawHttp.get(node.port, "/health/ready"));
    node.readiness.set("queue", () -> Future.failedFuture("away"));
    check("GET", "/health/ready", RawHttp.get(node.port, "/health/ready"));
    // Viewers need no queue.
    check("GET", FOR_VIEWERS, RawHttp.get(node.port, FOR_VIEWERS));
    node.readiness.set("cluster", () -> Future.failedFuture("away"));
    check("GET", FOR_VIEWERS, RawHttp.get(node.port, FOR_VIEWERS));

    check("GET", STREAM, RawHttp.get(node.port, "/streams/s1"));
    check("GET", STREAM, RawHttp.get(node.port, "/streams/a%20b"));
    check("GET", STREAM, RawHttp.get(node.port, "/streams/s1?regions=1"));
    check("GET", STREAM, RawHttp.get(node.port, "/streams/s1?regions=2"));
    node.streams =
        stream -> Future.succeededFuture(StreamStatus.newBuilder().setLive(Live.LIVE).build());
    check("GET", STREAM, RawHttp.get(node.port, "/streams/s1"));
    node.streams = stream -> Future.failedFuture("no answer");
    check("GET", STREAM, RawHttp.get(node.port, "/streams/s1"));

    check("POST", COMMENTS, post(GOOD));
    check("POST", COMMENTS, post("{}"));
    check("POST", COMMENTS, post(" ".repeat(HttpFixture.BODY_LIMIT + 1)));
    check("POST", COMMENTS, send("text/html", GOOD));
    check("POST", COMMENTS, stalled("/streams/s1/comments"));
    node.queue = request -> Future.failedFuture(new BrokerUnavailable("away"));
    check("POST", COMMENTS, post(GOOD));
    check("POST", COMMENTS, overload());
    LiveOnlyGate liveOnlyGate = new LiveOnlyGate(s -> Future.succeededFuture(dark()), () -> 0);
    node.queue = request -> liveOnlyGate.admit(request.getStream()).map(request.getId());
    check("POST", COMMENTS, post(GOOD));
    node.queue = request -> Future.succeededFuture(request.getId());
    Ban ban = new Ban(false, "spam", "mod", 0);
    node.table.ban("s1", "banned", ban, Duration.ofMinutes(1)).await();
    check("POST", COMMENTS, post(GOOD.replace("alice", "banned")));
    check("GET", COMMENTS, RawHttp.get(node.port, "/streams/s1/comments?limit=2&before=7"));
    check("GET", COMMENTS, RawHttp.get(node.port, "/streams/s1/comments?before=-1"));
    node.storeAway = true;
    check("GET", COMMENTS, RawHttp.get(node.port, "/streams/s1/comments"));
    node.storeAway = false;

    reactions();
    liveness();
    packages();
    // The operator's parts have tests of their own, and so have viewers, moderators, and tokens
    // (TrustIT).
    assertThat(withoutAccess(seen))
        .isEqualTo(
            withoutAccess(contract.answers()).stream()
                .filter(answer -> !ELSEWHERE.matcher(answer).find())
                .collect(Collectors.toSet()));
  }

  /** So each has its role there, by which TrustIT tests it. The files of the page need none. */
  @Test
  void eachRouteOfTheApiIsInTheContract() {
    Set<String> described =
        contract.answers().stream()
            .map(answer -> answer.substring(0, answer.lastIndexOf(' ')))
            .collect(Collectors.toSet());
    Set<String> mounted = new TreeSet<>();
    for (Route route : node.routers.element().getRoutes()) {
      if (route.getPath() != null && route.methods() != null) {
        String path = route.getPath().replaceAll(":(\\w+)", "{$1}");
        route.methods().stream()
            .filter(method -> !method.equals(HttpMethod.HEAD))
            .forEach(method -> mounted.add(method.name() + " " + path));
      }
    }
    assertThat(mounted).contains("GET /objects/{id}", "DELETE /users/{user}", "POST /callback");
    mounted.removeIf(route -> route.matches("GET /([\\w./-]+\\.m?(js|css|svg))?"));
    assertThat(described).containsAll(mounted);
  }

  private static Set<String> withoutAccess(Set<String> answers) {
    return answers.stream()
        .filter(answer -> !answer.endsWith(" 401") && !answer.endsWith(" 403"))
        .collect(Collectors.toSet());
  }

  private void reactions() {
    String large = " ".repeat(HttpFixture.BODY_LIMIT + 1);
    check("POST", REACTIONS, RawHttp.post(node.port, REACTIONS_OF_S1, REACTION));
    check("POST", REACTIONS, RawHttp.post(node.port, REACTIONS_OF_S1, "{}"));
    check("POST", REACTIONS, RawHttp.post(node.port, REACTIONS_OF_S1, large));
    byte[] html = REACTION.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    check("POST", REACTIONS, RawHttp.send(node.port, "POST", REACTIONS_OF_S1, "text/html", html));
    check("POST", REACTIONS, stalled(REACTIONS_OF_S1));
    node.reactionQueue = batch -> Future.failedFuture(new BrokerUnavailable("away"));
    check("POST", REACTIONS, RawHttp.post(node.port, REACTIONS_OF_S1, REACTION));
    check("POST", REACTIONS, reactionOverload());
  }

  /** One more than may be under way at a time. */
  private Answer reactionOverload() {
    Promise<String> confirm = Promise.promise();
    node.reactionQueue = batch -> confirm.future();
    List<RawHttp> waiting = new ArrayList<>();
    for (int i = 0; i < HttpFixture.IN_FLIGHT; i++) {
      RawHttp http = new RawHttp(node.port);
      String head = RawHttp.head("POST", REACTIONS_OF_S1, "application/json", REACTION.length());
      http.write(head + REACTION);
      waiting.add(http);
    }
    Answer[] answer = {null};
    io.ovation.testkit.Await.until(
        "a refusal",
        Duration.ofSeconds(10),
        () -> {
          try (RawHttp one = new RawHttp(node.port)) {
            String head =
                RawHttp.head("POST", REACTIONS_OF_S1, "application/json", REACTION.length());
            one.write(head + REACTION);
            answer[0] = one.readWithin(Duration.ofSeconds(1));
          } catch (RuntimeException | AssertionError notAnswered) {
            return false;
          }
          return true;
        });
    confirm.complete("");
    waiting.forEach(RawHttp::close);
    return answer[0];
  }

  private static StreamStatus dark() {
    return StreamStatus.newBuilder().setLive(Live.DARK).build();
  }

  private void liveness() {
    String ids = "{\"object_ids\":[1,2]}";
    check("POST", CALLBACK, RawHttp.post(node.port, CALLBACK, ids));
    check("POST", CALLBACK, RawHttp.post(node.port, CALLBACK, "{}"));
    String large = " ".repeat(HttpFixture.BODY_LIMIT + 1);
    check("POST", CALLBACK, RawHttp.post(node.port, CALLBACK, large));
    byte[] html = ids.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    check("POST", CALLBACK, RawHttp.send(node.port, "POST", CALLBACK, "text/html", html));
    check("POST", CALLBACK, stalled(CALLBACK));
    node.callbackQueue = object -> Future.failedFuture(new BrokerUnavailable("away"));
    check("POST", CALLBACK, RawHttp.post(node.port, CALLBACK, ids));
    String many =
        IntStream.rangeClosed(0, HttpFixture.IN_FLIGHT)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(",", "{\"object_ids\":[", "]}"));
    check("POST", CALLBACK, RawHttp.post(node.port, CALLBACK, many));

    node.sightings().see(List.of(new LastSeenIndex.Sighting(7, 1)), Duration.ofHours(1)).await();
    check("GET", OBJECTS, RawHttp.get(node.port, OBJECTS));
    check("GET", OBJECTS, RawHttp.get(node.port, OBJECTS + "?limit=0"));
    check("GET", OBJECT, RawHttp.get(node.port, "/objects/7"));
    check("GET", OBJECT, RawHttp.get(node.port, "/objects/8"));
    check("GET", OBJECT, RawHttp.get(node.port, "/objects/x"));
    node.storeAway = true;
    check("GET", OBJECTS, RawHttp.get(node.port, OBJECTS));
    check("GET", OBJECT, RawHttp.get(node.port, "/objects/7"));
    node.storeAway = false;
  }

  private void packages() {
    check("POST", PACKAGES, RawHttp.post(node.port, PACKAGES, PACKAGE));
    check("POST", PACKAGES, RawHttp.post(node.port, PACKAGES, PACKAGE));
    check("POST", PACKAGES, RawHttp.post(node.port, PACKAGES, "{}"));
    String other = PACKAGE.replace("{}", "{\"a\":1}");
    check("POST", PACKAGES, RawHttp.post(node.port, PACKAGES, other));
    node.deadPackage("dead1");
    check("POST", SEND_BACK, RawHttp.post(node.port, "/packages/dead1/send-back", ""));
    check("POST", SEND_BACK, RawHttp.post(node.port, "/packages/p1/send-back", ""));
    check("POST", SEND_BACK, RawHttp.post(node.port, "/packages/other/send-back", ""));
    check("POST", SEND_BACK, RawHttp.post(node.port, "/packages/a%20b/send-back", ""));
    String large = " ".repeat(HttpFixture.BODY_LIMIT + 1);
    check("POST", PACKAGES, RawHttp.post(node.port, PACKAGES, large));
    byte[] html = PACKAGE.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    check("POST", PACKAGES, RawHttp.send(node.port, "POST", PACKAGES, "text/html", html));
    check("POST", PACKAGES, stalled(PACKAGES));
    node.packageQueue = request -> Future.failedFuture(new BrokerUnavailable("away"));
    check("POST", PACKAGES, RawHttp.post(node.port, PACKAGES, PACKAGE));
    check("POST", PACKAGES, packageOverload());

    check("GET", PACKAGE_OF, RawHttp.get(node.port, "/packages/p1"));
    check("GET", PACKAGE_OF, RawHttp.get(node.port, "/packages/other"));
    check("GET", PACKAGE_OF, RawHttp.get(node.port, "/packages/a%20b"));
    node.storeAway = true;
    check("GET", PACKAGE_OF, RawHttp.get(node.port, "/packages/p1"));
    check("POST", SEND_BACK, RawHttp.post(node.port, "/packages/p1/send-back", ""));
    node.storeAway = false;
  }

  /** One more than may be under way at a time. */
  private Answer packageOverload() {
    List<Promise<String>> held = new java.util.concurrent.CopyOnWriteArrayList<>();
    node.packageQueue =
        request -> {
          Promise<String> confirm = Promise.promise();
          held.add(confirm);
          return confirm.future();
        };
    List<RawHttp> waiting = new ArrayList<>();
    for (int i = 0; i < HttpFixture.IN_FLIGHT; i++) {
      RawHttp http = new RawHttp(node.port);
      http.write(RawHttp.head("POST", PACKAGES, "application/json", PACKAGE.length()) + PACKAGE);
      waiting.add(http);
    }
    io.ovation.testkit.Await.until(
        "the places to be taken",
        Duration.ofSeconds(10),
        () -> held.size() == HttpFixture.IN_FLIGHT);
    Answer refused = RawHttp.post(node.port, PACKAGES, PACKAGE);
    check("POST", SEND_BACK, RawHttp.post(node.port, "/packages/p1/send-back", ""));
    held.forEach(confirm -> confirm.complete(""));
    waiting.forEach(http -> assertThat(http.read().status()).isEqualTo(200));
    waiting.forEach(RawHttp::close);
    return refused;
  }

  private void check(String method, String path, Answer answer) {
    seen.add(method + " " + path + " " + answer.status());
    assertThat(contract.answers()).contains(method + " " + path + " " + answer.status());
    var documented = contract.answer(method, path, answer.status());
    assertThat(answer.headers().get("content-type")).startsWith(documented.getKey());
    boolean json = documented.getKey().endsWith("json");
    Object body = json ? answer.json() : answer.body();
    assertThat(OpenApiContract.fault(documented.getValue(), body))
        .describedAs(answer.body())
        .isNull();
    if (answer.status() == 429 || method.equals("POST") && answer.status() == 503) {
      assertThat(answer.headers().get("retry-after")).matches("[1-9][0-9]*");
    }
  }

  /** One more than may be under way at a time. */
  private Answer overload() {
    List<Promise<String>> held = new ArrayList<>();
    node.queue =
        request -> {
          Promise<String> confirm = Promise.promise();
          synchronized (held) {
            held.add(confirm);
          }
          return confirm.future();
        };
    List<RawHttp> waiting = new ArrayList<>();
    for (int i = 0; i < HttpFixture.IN_FLIGHT; i++) {
      RawHttp http = new RawHttp(node.port);
      http.write(
          RawHttp.head("POST", "/streams/s1/comments", "application/json", GOOD.length()) + GOOD);
      waiting.add(http);
    }
    io.ovation.testkit.Await.until(
        "the budget is used up",
        Duration.ofSeconds(10),
        () -> {
          synchronized (held) {
            return held.size() == HttpFixture.IN_FLIGHT;
          }
        });
    Answer refused = post(GOOD);
    node.queue = request -> Future.succeededFuture(request.getId());
    held.forEach(confirm -> confirm.complete(""));
    waiting.forEach(http -> assertThat(http.read().status()).isEqualTo(202));
    waiting.forEach(RawHttp::close);
    return refused;
  }

  private RawHttp stalledRequest(String path) {
    RawHttp http = new RawHttp(node.port);
    http.write(RawHttp.head("POST", path, "application/json", 10));
    return http;
  }

  private Answer stalled(String path) {
    try (RawHttp http = Objects.requireNonNull(stalled.get(path))) {
      return http.readWithin(Duration.ofSeconds(20));
    }
  }

  private Answer post(String body) {
    return send("application/json", body);
  }

  private Answer send(String type, String body) {
    byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return RawHttp.send(node.port, "POST", "/streams/s1/comments", type, bytes);
  }
}
