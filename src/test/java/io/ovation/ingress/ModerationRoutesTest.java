package io.ovation.ingress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.ingress.OpenApiContract.Operation;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.HostEvent;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Effect;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Moderators', hosts' and administrators' routes: who may, what is answered, what happens. */
class ModerationRoutesTest {
  private static final Pattern OURS =
      Pattern.compile("/events|/comments/|/settings|/held|/bans|/users");
  private static final String VIEWER = "viewer alice s1";
  private static final String MODERATOR = "moderator mod s1";
  private static final String HOST = "host host s1";
  private static final String ADMIN = "admin root *";

  private HttpFixture node;
  private String type = "application/json";

  @BeforeEach
  void start() throws Exception {
    node = new HttpFixture();
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  private Answer send(String method, String path, String token, String body) {
    try (RawHttp http = new RawHttp(node.port)) {
      byte[] bytes = body.getBytes(UTF_8);
      String head = RawHttp.head(method, path, type, bytes.length);
      String authorization = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
      int end = head.indexOf("\r\n") + 2;
      http.write(head.substring(0, end) + authorization + head.substring(end) + body);
      return http.read();
    }
  }

  private StreamEvent published() {
    return Objects.requireNonNull(node.published.poll(), "nothing was published");
  }

  private void hold(String user, String id, String text) throws Exception {
    Store store = node.realStore();
    int partition = HttpFixture.PARTITIONS.of("s1");
    JsonObject held =
        JsonObject.of("type", "held", "stream", "s1", "id", id, "user", user, "text", text)
            .put("why", "words")
            .put("meta", JsonObject.of("a", 1))
            .put("at", "2026-01-01T00:00:00.000Z");
    String json = held.encode();
    byte[] body = (json.substring(0, json.length() - 1) + ",\"offset\":").getBytes(UTF_8);
    Effect pin = Effect.pin(Effect.held(user, id), 60_000, 9);
    Append item = new Append("s1", "", "held/" + user + "/" + id, 0, body, false, true, pin);
    long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
    store.append(partition, epoch, List.of(item)).await(10, TimeUnit.SECONDS);
  }

  /** Each operation of the OpenAPI file that moderators and those above them may do × each role. */
  @Test
  void withoutAuthRequiredEachRouteNeedsATokenOfItsRoleAllTheSame() {
    OpenApiContract contract = new OpenApiContract(RawHttp.get(node.port, "/openapi.yaml").body());
    List<String> roles = List.of("viewer", "moderator", "host", "admin", "service");
    String body = "{\"action\":\"deny\",\"name\":\"score\"}";
    List<Operation> operations =
        contract.operations().stream()
            .filter(it -> it.role() != null && !it.tokenOptional())
            .toList();
    assertThat(operations).hasSizeGreaterThan(12);
    for (Operation operation : operations) {
      String method = operation.method();
      String path =
          operation
              .path()
              .replace("{stream}", "s1")
              .replaceAll("\\{(id|user|name)}", "alice")
              .concat(operation.id().equals("deleteComment") ? "?user=alice" : "");
      assertThat(send(method, path, "", body).status()).describedAs(path).isEqualTo(401);
      for (String role : roles) {
        int status = send(method, path, role + " alice *", body).status();
        boolean may =
            !role.equals("service") && roles.indexOf(role) >= roles.indexOf(operation.role());
        assertThat(status).describedAs("%s as %s", path, role).isNotIn(401, 500);
        assertThat(status == 403).describedAs("%s as %s", path, role).isEqualTo(!may);
      }
      String elsewhere = operation.role() + " alice s2";
      assertThat(send(method, path, elsewhere, body).status()).describedAs(path).isEqualTo(403);
    }
  }

  @Test
  void everyDocumentedAnswerIsGivenAsDocumented() throws Exception {
    OpenApiContract contract = new OpenApiContract(RawHttp.get(node.port, "/openapi.yaml").body());
    Set<String> seen = new TreeSet<>();
    hold("alice", "h1", "a text");
    for (int i = 0; i < 16; i++) {
      pinRetained("e" + i);
    }
    String long129 = "x".repeat(129);
    String badStream = "/streams/a%20b";
    List<List<String>> calls =
        List.of(
            List.of(
                "PUT", "/streams/{stream}/settings", "/settings", MODERATOR, "{\"review\":true}"),
            List.of("PUT", "/streams/{stream}/settings", "/settings", MODERATOR, "{\"links\":1}"),
            List.of("DELETE", "/streams/{stream}/comments/{id}", "/comments/c1", VIEWER, ""),
            List.of(
                "DELETE", "/streams/{stream}/comments/{id}", "/comments/" + long129, VIEWER, ""),
            List.of(
                "POST",
                "/streams/{stream}/comments/{id}/reports",
                "/comments/c1/reports",
                "",
                "{\"user\":\"bob\",\"reason\":\"rude\"}"),
            List.of(
                "POST",
                "/streams/{stream}/comments/{id}/reports",
                "/comments/c1/reports",
                "",
                "{}"),
            List.of("GET", "/streams/{stream}/held", "/held", MODERATOR, ""),
            List.of("GET", "/streams/{stream}/held", badStream + "/held", "moderator m *", ""),
            List.of(
                "POST",
                "/streams/{stream}/held/{id}",
                "/held/h1",
                MODERATOR,
                "{\"action\":\"deny\"}"),
            List.of(
                "POST",
                "/streams/{stream}/held/{id}",
                "/held/h1",
                MODERATOR,
                "{\"action\":\"deny\",\"text\":\"another\"}"),
            List.of("POST", "/streams/{stream}/held/{id}", "/held/h1", MODERATOR, "{}"),
            List.of(
                "POST",
                "/streams/{stream}/held/{id}",
                "/held/none",
                MODERATOR,
                "{\"action\":\"deny\"}"),
            List.of("PUT", "/streams/{stream}/bans/{user}", "/bans/bob", MODERATOR, "{}"),
            List.of(
                "PUT", "/streams/{stream}/bans/{user}", "/bans/bob", MODERATOR, "{\"for\":\"1\"}"),
            List.of("GET", "/streams/{stream}/bans", "/bans", MODERATOR, ""),
            List.of("GET", "/streams/{stream}/bans", badStream + "/bans", "moderator m *", ""),
            List.of("DELETE", "/streams/{stream}/bans/{user}", "/bans/bob", MODERATOR, ""),
            List.of("DELETE", "/streams/{stream}/bans/{user}", "/bans/%20", MODERATOR, ""),
            List.of("PUT", "/bans/{user}", "//bans/bob", ADMIN, "{\"for\":\"1h\"}"),
            List.of("PUT", "/bans/{user}", "//bans/bob", ADMIN, "{\"silent\":2}"),
            List.of("GET", "/bans", "//bans", ADMIN, ""),
            List.of("DELETE", "/bans/{user}", "//bans/bob", ADMIN, ""),
            List.of("DELETE", "/bans/{user}", "//bans/%20", ADMIN, ""),
            List.of("DELETE", "/users/{user}", "//users/bob", ADMIN, ""),
            List.of("DELETE", "/users/{user}", "//users/%20", ADMIN, ""),
            List.of("POST", "/streams/{stream}/events", "/events", HOST, "{\"name\":\"score\"}"),
            List.of("POST", "/streams/{stream}/events", "/events", HOST, "{\"name\":\"a b\"}"),
            List.of(
                "POST",
                "/streams/{stream}/events",
                "/events",
                HOST,
                "{\"name\":\"one-more\",\"retain\":true}"),
            List.of("DELETE", "/streams/{stream}/events/{name}", "/events/score", HOST, ""),
            List.of("DELETE", "/streams/{stream}/events/{name}", "/events/a%20b", HOST, ""));
    for (List<String> call : calls) {
      check(contract, seen, call, call.get(3));
    }
    for (List<String> call : calls) {
      if (!call.get(3).isEmpty()) {
        check(contract, seen, call, "");
        check(contract, seen, call, "viewer alice s2");
      }
    }
    for (List<String> call : calls) {
      if (call.get(4).startsWith("{") && !call.get(4).equals("{}")) {
        check(contract, seen, withBody(call, " ".repeat(HttpFixture.BODY_LIMIT + 1)), call.get(3));
        type = "text/html";
        check(contract, seen, call, call.get(3));
        type = "application/json";
      }
    }
    node.tableFull = true;
    calls.forEach(call -> check(contract, seen, call, call.get(3)));
    node.eventQueue = event -> Future.failedFuture(new BrokerUnavailable("away"));
    node.storeAway = true;
    for (List<String> call : calls) {
      check(contract, seen, call, call.get(3));
    }
    assertThat(seen)
        .containsAll(
            contract.answers().stream()
                .filter(
                    answer ->
                        OURS.matcher(answer).find()
                            && !answer.startsWith("GET /streams/{stream}/events")
                            // A report needs no token here; bodies are read as those of comments;
                            // limits have a test below.
                            && !answer.matches(".*/reports 40[13]")
                            && !answer.endsWith(" 408")
                            && !answer.endsWith(" 429"))
                .collect(Collectors.toSet()));
  }

  private static List<String> withBody(List<String> call, String body) {
    return List.of(call.get(0), call.get(1), call.get(2), call.get(3), body);
  }

  private void check(OpenApiContract contract, Set<String> seen, List<String> call, String token) {
    String path = call.get(2);
    String full =
        path.startsWith("//") || path.startsWith("/streams")
            ? path.replaceFirst("^//", "/")
            : "/streams/s1" + path;
    Answer answer = send(call.get(0), full, token, call.get(4));
    String documented = call.get(0) + " " + call.get(1) + " " + answer.status();
    assertThat(contract.answers()).describedAs(answer.body()).contains(documented);
    seen.add(documented);
    if (answer.status() != 204) {
      var schema = contract.answer(call.get(0), call.get(1), answer.status());
      assertThat(answer.headers().get("content-type")).startsWith(schema.getKey());
      assertThat(OpenApiContract.fault(schema.getValue(), answer.json()))
          .describedAs(answer.body())
          .isNull();
    }
  }

  private void pinRetained(String name) throws Exception {
    Store store = node.realStore();
    int partition = HttpFixture.PARTITIONS.of("s1");
    long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
    byte[] body = "{\"type\":\"event\",\"offset\":".getBytes(UTF_8);
    Effect pin = Effect.pin("r" + name, 60_000, 16);
    Append item = new Append("s1", "", name, 0, body, false, false, pin);
    store.append(partition, epoch, List.of(item)).await(10, TimeUnit.SECONDS);
  }

  /** Each is kept on the queue and in the audit log, so nobody may send any number. */
  @Test
  void reportsAndDeletionsOfViewersAreLimitedAndThoseOfModeratorsAreNot() {
    String report = "{\"reason\":\"rude\"}";
    int status = 0;
    for (int i = 0; i < 30 && status != 429; i++) {
      status = send("POST", "/streams/s1/comments/c1/reports", VIEWER, report).status();
    }
    assertThat(status).isEqualTo(429);
    assertThat(send("DELETE", "/streams/s1/comments/c1", VIEWER, "").status()).isEqualTo(429);
    assertThat(node.published.size()).isLessThan(25);
    String other = "viewer bob s1";
    assertThat(send("DELETE", "/streams/s1/comments/c1", other, "").status()).isEqualTo(202);
    for (int i = 0; i < 30; i++) {
      String path = "/streams/s1/comments/c1?user=alice";
      assertThat(send("DELETE", path, MODERATOR, "").status()).isEqualTo(202);
    }
  }

  @Test
  void onlySoManyReportsAreUnderWayAtATimeAndAModeratorNeedNotWait() {
    node.eventQueue = event -> Future.future(never -> {});
    List<RawHttp> waiting = new ArrayList<>();
    String body = "{\"user\":\"USER\",\"reason\":\"rude\"}";
    for (int i = 0; i < 510; i++) {
      RawHttp http = new RawHttp(node.port);
      waiting.add(http);
      String mine = body.replace("USER", "u" + i);
      http.write(
          RawHttp.head("POST", "/streams/s1/comments/c1/reports", type, mine.length()) + mine);
    }
    Await.until("the bound", Duration.ofSeconds(20), () -> node.published.size() >= 500);
    assertThat(
            send(
                    "POST",
                    "/streams/s1/comments/c1/reports",
                    "viewer zoe s1",
                    body.replace("USER", "zoe"))
                .status())
        .isEqualTo(429);
    node.eventQueue = event -> Future.succeededFuture("");
    assertThat(send("DELETE", "/streams/s1/comments/c1?user=a", MODERATOR, "").status())
        .isEqualTo(202);
    waiting.forEach(RawHttp::close);
  }

  /** A name that no path can carry could not be banned, and a comment of such an id not deleted. */
  @Test
  void whatNoPathCanNameIsNotAccepted() {
    for (String name : List.of(".", "..")) {
      String user = "{\"user\":\"%s\",\"text\":\"hi\"}".formatted(name);
      Answer answer = RawHttp.post(node.port, "/streams/s1/comments", user);
      assertThat(answer.json().getString("field")).isEqualTo("user");
      String id = "{\"user\":\"bob\",\"text\":\"hi\",\"id\":\"%s\"}".formatted(name);
      answer = RawHttp.post(node.port, "/streams/s1/comments", id);
      assertThat(answer.json().getString("field")).isEqualTo("id");
    }
    for (String id : List.of("a/b", "a%2Fb", "...", "a?b", "%2e", "a b", "ä")) {
      String json = "{\"user\":\"bob\",\"text\":\"hi\",\"id\":\"%s\"}".formatted(id);
      assertThat(RawHttp.post(node.port, "/streams/s1/comments", json).status()).isEqualTo(202);
      String path = URLEncoder.encode(id, UTF_8).replace("+", "%20");
      Answer deleted = send("DELETE", "/streams/s1/comments/" + path + "?user=bob", MODERATOR, "");
      assertThat(deleted.status()).describedAs(id).isEqualTo(202);
      assertThat(published().getDeleted().getId()).isEqualTo(id);
    }
  }

  @Test
  void anAdministratorOfSomeStreamsDoesNotActOnAll() {
    String some = "admin root s1";
    assertThat(send("PUT", "/streams/s1/bans/bob", some, "{}").status()).isEqualTo(200);
    for (String path : List.of("/bans/bob", "/users/bob")) {
      Answer answer = send("DELETE", path, some, "");
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.json().getString("field")).isEqualTo("stream");
    }
  }

  @Test
  void anAuthorDeletesTheirOwnCommentsAndAModeratorAnybodys() {
    assertThat(send("DELETE", "/streams/s1/comments/c1", VIEWER, "").status()).isEqualTo(202);
    assertThat(published().getDeleted().getUser()).isEqualTo("alice");
    String bobs = "/streams/s1/comments/c%201?user=bob";
    assertThat(send("DELETE", bobs, VIEWER, "").status()).isEqualTo(403);
    assertThat(send("DELETE", bobs, MODERATOR, "").status()).isEqualTo(202);
    StreamEvent event = published();
    assertThat(event.getDeleted().getUser()).isEqualTo("bob");
    assertThat(event.getDeleted().getId()).isEqualTo("c 1");
    assertThat(send("DELETE", "/streams/s1/comments/c1", MODERATOR, "").status()).isEqualTo(400);
    assertThat(node.audited).hasSize(2);
    JsonObject entry = node.audited.poll();
    assertThat(entry).isNotNull();
    assertThat(entry.getString("by")).isEqualTo("alice");
    assertThat(entry.getString("action")).isEqualTo("delete");
  }

  @Test
  void aBanIsListedHeldToAndEnded() {
    String ban = "{\"for\":\"10m\",\"reason\":\"spam\",\"purge\":true}";
    Answer answer = send("PUT", "/streams/s1/bans/b%C3%B6b", MODERATOR, ban);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().getInteger("seconds_left")).isEqualTo(600);
    assertThat(published().getPurged().getUser()).isEqualTo("böb");
    JsonObject listed =
        send("GET", "/streams/s1/bans", MODERATOR, "").json().getJsonArray("bans").getJsonObject(0);
    assertThat(listed.getString("user")).isEqualTo("böb");
    assertThat(listed.getString("by")).isEqualTo("mod");
    Answer refused =
        RawHttp.post(node.port, "/streams/s1/comments", "{\"user\":\"böb\",\"text\":\"hi\"}");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.json().getString("code")).isEqualTo("banned");
    assertThat(node.enqueued).isEmpty();
    assertThat(send("DELETE", "/streams/s1/bans/b%C3%B6b", MODERATOR, "").status()).isEqualTo(204);
    assertThat(
            RawHttp.post(node.port, "/streams/s1/comments", "{\"user\":\"böb\",\"text\":\"hi\"}")
                .status())
        .isEqualTo(202);
    assertThat(node.audited).extracting(e -> e.getString("action")).containsExactly("ban", "unban");
  }

  @Test
  void settingsKeepWhatIsLeftOutAndAreShownWithTheStream() {
    send("PUT", "/streams/s1/settings", MODERATOR, "{\"slow_mode\":\"5s\"}");
    JsonObject all =
        send("PUT", "/streams/s1/settings", MODERATOR, "{\"links\":false,\"max_text\":9}").json();
    JsonObject expected =
        JsonObject.of("slow_mode", "5s", "read_only", false, "links", false)
            .put("max_text", 9)
            .put("review", false);
    assertThat(all).isEqualTo(expected);
    assertThat(RawHttp.get(node.port, "/streams/s1").json().getJsonObject("settings"))
        .isEqualTo(expected);
    String comment = "{\"user\":\"bob\",\"text\":\"hi\"}";
    assertThat(RawHttp.post(node.port, "/streams/s1/comments", comment).status()).isEqualTo(202);
    Answer slow = RawHttp.post(node.port, "/streams/s1/comments", comment);
    assertThat(slow.status()).isEqualTo(429);
    assertThat(Integer.parseInt(slow.headers().get("retry-after"))).isBetween(1, 5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"slow_mode\":5}",
        "{\"slow_mode\":\"2h\"}",
        "{\"slow_mode\":\"-1s\"}",
        "{\"slow_mode\":null}",
        "{\"max_text\":0}",
        "{\"max_text\":501}",
        "{\"review\":\"yes\"}"
      })
  void badSettingsAreRefusedByTheirField(String body) {
    Answer answer = send("PUT", "/streams/s1/settings", MODERATOR, body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(body).contains("\"" + answer.json().getString("field") + "\"");
  }

  @Test
  void heldCommentsAreListedInOrderAndApprovedAsTheyWere() throws Exception {
    hold("alice", "h1", "first");
    hold("bob", "h1", "second");
    JsonObject list = send("GET", "/streams/s1/held", MODERATOR, "").json();
    assertThat(list.getJsonArray("held"))
        .extracting(held -> ((JsonObject) held).getString("text"))
        .containsExactly("first", "second");
    String approve = "{\"action\":\"approve\",\"user\":\"bob\"}";
    assertThat(send("POST", "/streams/s1/held/h1", MODERATOR, approve).status()).isEqualTo(202);
    CommentRequest approved = Objects.requireNonNull(node.enqueued.poll());
    assertThat(approved.getApproved()).isTrue();
    assertThat(approved.getUser()).isEqualTo("bob");
    assertThat(approved.getText()).isEqualTo("second");
    assertThat(approved.getMeta()).isEqualTo("{\"a\":1}");
    String deny = "{\"action\":\"deny\",\"user\":\"alice\"}";
    assertThat(send("POST", "/streams/s1/held/h1", MODERATOR, deny).status()).isEqualTo(202);
    assertThat(published().getDenied().getUser()).isEqualTo("alice");
  }

  /** Who chooses the id of another's held comment must not have theirs approved in its place. */
  @Test
  void aDecisionIsOnTheCommentThatTheModeratorReadOrRefused() throws Exception {
    hold("alice", "h2", "rude");
    hold("bob", "h2", "nice");
    String[][] refused = {
      {"{\"action\":\"approve\"}", "user"},
      {"{\"action\":\"approve\",\"user\":\"alice\",\"text\":\"nice\"}", "text"}
    };
    for (String[] body : refused) {
      Answer answer = send("POST", "/streams/s1/held/h2", MODERATOR, body[0]);
      assertThat(answer.status()).as(body[0]).isEqualTo(409);
      assertThat(answer.json().getString("field")).isEqualTo(body[1]);
    }
    assertThat(node.enqueued).isEmpty();
    String read = "{\"action\":\"approve\",\"user\":\"bob\",\"text\":\"nice\"}";
    assertThat(send("POST", "/streams/s1/held/h2", MODERATOR, read).status()).isEqualTo(202);
    assertThat(Objects.requireNonNull(node.enqueued.poll()).getText()).isEqualTo("nice");
  }

  @Test
  void aReportReachesTheModeratorsWithItsReporter() {
    String report = "{\"user\":\"bob\",\"author\":\"al\",\"reason\":\"rude\"}";
    Answer answer = RawHttp.post(node.port, "/streams/s1/comments/c1/reports", report);
    assertThat(answer.status()).isEqualTo(202);
    StreamEvent event = published();
    assertThat(event.getUser()).isEqualTo("bob");
    assertThat(event.getReported().getUser()).isEqualTo("al");
    assertThat(event.getReported().getReason()).isEqualTo("rude");
  }

  @Test
  void erasingAUserPurgesTheStreamsThatHaveTheirCommentsAndNoOthers() throws Exception {
    Store store = node.realStore();
    for (String stream : List.of("s1", "s2", "s3")) {
      int partition = HttpFixture.PARTITIONS.of(stream);
      long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
      String user = stream.equals("s3") ? "other" : "bob";
      byte[] body = "{\"type\":\"comment\",\"offset\":".getBytes(UTF_8);
      store
          .append(partition, epoch, List.of(new Append(stream, user, "c", 0, body)))
          .await(10, TimeUnit.SECONDS);
    }
    assertThat(send("DELETE", "/users/bob", ADMIN, "").status()).isEqualTo(202);
    assertThat(node.published)
        .allMatch(event -> event.getPurged().getUser().equals("bob"))
        .extracting(StreamEvent::getStream)
        .containsExactlyInAnyOrder("s1", "s2");
  }

  @Test
  void hostEventsCarryAnyJsonWithinTheirBounds() {
    String event =
        "{\"name\":\"score\",\"id\":\"e1\",\"data\":{\"home\":[1,2.50,null,\"é\\u2028\"]},"
            + "\"retain\":true,\"ttl\":\"1h\"}";
    Answer answer = send("POST", "/streams/s1/events", HOST, event);
    assertThat(answer.json().getString("id")).isEqualTo("e1");
    HostEvent host = published().getHost();
    assertThat(host.getData()).isEqualTo("{\"home\":[1,2.50,null,\"é\\u2028\"]}");
    assertThat(host.getTtlMs()).isEqualTo(3_600_000);
    send("DELETE", "/streams/s1/events/score", HOST, "");
    assertThat(published().getHost().getRemove()).isTrue();
    String large = "\"" + "x".repeat(4_095) + "\"";
    for (String bad :
        List.of(
            "{\"name\":\"score\",\"retain\":true,\"data\":" + large + "}",
            "{\"name\":\"score\",\"ttl\":\"1h\"}",
            "{\"name\":\"score\",\"retain\":1}",
            "{\"data\":1}")) {
      assertThat(send("POST", "/streams/s1/events", HOST, bad).status()).isEqualTo(400);
    }
    assertThat(
            send("POST", "/streams/s1/events", HOST, "{\"name\":\"score\",\"data\":" + large + "}")
                .status())
        .isEqualTo(202);
  }

  @Test
  void aPageOfHistoryHasTheNewestCommentsAndTheWayBack() throws Exception {
    Store store = node.realStore();
    int partition = HttpFixture.PARTITIONS.of("s1");
    long epoch = store.takePartition(partition).await(10, TimeUnit.SECONDS);
    for (int i = 1; i <= 5; i++) {
      byte[] body =
          ("{\"type\":\"comment\",\"stream\":\"s1\",\"id\":\"c%d\",\"user\":\"u\",\"text\":\"t\","
                  + "\"at\":\"2026-01-01T00:00:00.000Z\",\"offset\":")
              .formatted(i)
              .getBytes(UTF_8);
      store
          .append(partition, epoch, List.of(new Append("s1", "u", "c" + i, i * 10L, body)))
          .await(10, TimeUnit.SECONDS);
    }
    JsonObject page = RawHttp.get(node.port, "/streams/s1/comments?limit=2").json();
    assertThat(page.getJsonArray("comments"))
        .extracting(c -> ((JsonObject) c).getString("id"))
        .containsExactly("c4", "c5");
    assertThat(page.getLong("before")).isEqualTo(40);
    page = RawHttp.get(node.port, "/streams/s1/comments?before=40").json();
    assertThat(page.getJsonArray("comments")).hasSize(3);
    assertThat(page.getValue("before")).isNull();
    for (String bad : List.of("limit=0", "limit=101", "limit=x", "before=-0", "before=00")) {
      assertThat(RawHttp.get(node.port, "/streams/s1/comments?" + bad).status()).isEqualTo(400);
    }
  }
}
