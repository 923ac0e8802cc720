package io.ovation.e2e;

import static io.ovation.e2e.TrustNode.say;
import static io.ovation.e2e.TrustNode.token;
import static io.ovation.e2e.TrustNode.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.e2e.TrustNode.Door;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** With {@code auth.required}: what comes of the comments and reactions of those who watch. */
@ExtendWith(ShowLogs.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ViewersRightsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final List<String> ROLES =
      List.of("viewer", "moderator", "host", "admin", "service");

  private static final JsonObject LIKE =
      JsonObject.of("type", "reaction", "kind", "like", "id", "r1");

  private final HttpClient client = HttpClient.newHttpClient();
  private TrustNode node;

  @BeforeAll
  void start() {
    node = new TrustNode();
  }

  @AfterAll
  void stop() {
    node.close();
  }

  /**
   * Each socket × each role: who may watch and comment, and who receives what is for moderators.
   */
  @Test
  void eachSocketServesEachRoleItsPart() {
    for (boolean sockJs : List.of(false, true)) {
      for (String role : ROLES) {
        String stream = "roles-" + role + sockJs;
        String path = sockJs ? "/live/000/" + role + "/websocket" : "/live/websocket";
        try (RawViewer viewer = new RawViewer(node.port(), path)) {
          String token = token(stream, role, 600);
          watch(viewer, sockJs, JsonObject.of("stream", stream, "token", token));
          if (role.equals("service")) {
            assertThat(viewer.next("error").getString("field")).isEqualTo("role");
            say(viewer, sockJs, JsonObject.of("type", "comment", "text", "hi", "id", "c1"));
            assertThat(viewer.next("error").getString("code")).isEqualTo("not_watching");
            continue;
          }
          viewer.next("watching");
          say(viewer, sockJs, JsonObject.of("type", "comment", "text", "hi", "id", "c1"));
          typesUntil(viewer, "comment", "c1");
          String reports = "/streams/" + stream + "/comments/c1/reports";
          Door report = new Door("POST", reports, "{\"reason\":\"rude\"}");
          assertThat(node.send(report, token(stream, "viewer", 600)).status()).isEqualTo(202);
          say(viewer, sockJs, JsonObject.of("type", "comment", "text", "hi", "id", "c2"));
          assertThat(typesUntil(viewer, "comment", "c2").contains("reported"))
              .as(role)
              .isEqualTo(!role.equals("viewer"));
        }
      }
    }
  }

  /** Each transport without a socket × each role, likewise. */
  @Test
  void eachTransportWithoutASocketServesEachRoleItsPart() {
    for (String role : ROLES) {
      String stream = "sse-" + role;
      String token = token(stream, role, 600);
      HttpResponse<Stream<String>> events =
          node.http("/streams/" + stream + "/events?token=" + token, null, BodyHandlers.ofLines());
      try (Stream<String> lines = events.body()) {
        Iterator<String> line = lines.iterator();
        if (role.equals("service")) {
          assertThat(events.statusCode()).isEqualTo(403);
          assertThat(line.next()).contains("\"field\":\"role\"");
        } else {
          Door comments = new Door("POST", "/streams/" + stream + "/comments", "");
          assertPart(
              role,
              stream,
              line::next,
              message -> {
                Door door = new Door(comments.method(), comments.path(), message.encode());
                assertThat(node.send(door, token).status()).isEqualTo(202);
              });
        }
      }
    }
  }

  /** Each transport of SockJS without WebSocket × each role, likewise. */
  @Test
  void eachFallbackOfSockJsServesEachRoleItsPart() {
    for (String transport : List.of("xhr", "xhr_streaming", "eventsource")) {
      for (String role : ROLES) {
        String stream = transport + "-" + role;
        String session = "/live/000/" + stream;
        try (Stream<String> opened = received(session, transport)) {
          Iterator<String> streamed = opened.iterator();
          Supplier<String> next =
              () ->
                  transport.equals("xhr")
                      ? text(session + "/xhr", "").body().replace("\\", "")
                      : streamed.next().replace("\\", "");
          Consumer<JsonObject> say =
              message -> {
                String frame = JsonArray.of(message.encode()).encode();
                assertThat(text(session + "/xhr_send", frame).statusCode()).isEqualTo(204);
              };
          readUntil(next, "o");
          JsonObject watch = JsonObject.of("type", "watch", "stream", stream);
          say.accept(watch.put("token", token(stream, role, 600)));
          if (role.equals("service")) {
            readAll(next, "\"field\":\"role\"");
            say.accept(JsonObject.of("type", "comment", "text", "hi", "id", "c1"));
            readAll(next, "not_watching");
            say.accept(LIKE);
            readAll(next, "\"id\":\"r1\"");
          } else {
            assertPart(role, stream, next, say);
            say.accept(LIKE);
            readUntil(next, "\"totals\":{\"like\":1}");
          }
        }
      }
    }
  }

  /** What a transport streams; nothing for one that is polled. */
  private Stream<String> received(String session, String transport) {
    return switch (transport) {
      case "xhr" -> Stream.of();
      case "eventsource" ->
          node.http(session + "/eventsource", null, BodyHandlers.ofLines()).body();
      default -> node.http(session + "/" + transport, "", BodyHandlers.ofLines()).body();
    };
  }

  private HttpResponse<String> text(String path, String body) {
    return node.http(path, body, BodyHandlers.ofString());
  }

  /** Comments, and receives a report, which is for moderators, only if it is one. */
  private void assertPart(
      String role, String stream, Supplier<String> received, Consumer<JsonObject> say) {
    readUntil(received, "watching");
    say.accept(JsonObject.of("type", "comment", "text", "first", "id", "c1"));
    readUntil(received, "\"text\":\"first\"");
    Door report =
        new Door("POST", "/streams/" + stream + "/comments/c1/reports", "{\"reason\":\"rude\"}");
    assertThat(node.send(report, token(stream, "viewer", 600)).status()).isEqualTo(202);
    say.accept(JsonObject.of("type", "comment", "text", "second", "id", "c2"));
    assertThat(readUntil(received, "\"text\":\"second\"").contains("\"reported\""))
        .as(stream)
        .isEqualTo(!role.equals("viewer"));
  }

  private static String readUntil(Supplier<String> received, String last) {
    String all = readAll(received, last);
    assertThat(all).doesNotContain("\"type\":\"error\"");
    return all;
  }

  private static String readAll(Supplier<String> received, String last) {
    StringBuilder all = new StringBuilder();
    while (all.indexOf(last) < 0) {
      all.append(received.get());
    }
    return all.toString();
  }

  private static List<String> typesUntil(RawViewer viewer, String type, String id) {
    List<String> types = new ArrayList<>();
    JsonObject message;
    do {
      message = viewer.next();
      types.add(message.getString("type"));
      assertThat(message.getString("type")).as(message.encode()).isNotEqualTo("error");
    } while (!type.equals(message.getString("type")) || !id.equals(message.getString("id")));
    return types;
  }

  private RawViewer socket(boolean sockJs, String user, String stream, String role) {
    String path = sockJs ? "/live/000/" + stream + user + "/websocket" : "/live/websocket";
    RawViewer viewer = new RawViewer(node.port(), path);
    String token = token(user, stream, role, 600);
    watch(viewer, sockJs, JsonObject.of("stream", stream, "token", token));
    return viewer;
  }

  private void moderate(String method, String path, String body) {
    String token = token("mod", "*", "moderator", 600);
    assertThat(node.send(new Door(method, path, body), token).status()).isIn(200, 202);
  }

  @Test
  void aHeldCommentIsAcceptedAsHeldAndIsSeenOnlyOnceAModeratorApprovesIt() {
    for (boolean sockJs : List.of(false, true)) {
      String stream = "held-" + sockJs;
      moderate("PUT", "/streams/" + stream + "/settings", "{\"review\":true}");
      try (RawViewer author = socket(sockJs, "alice", stream, "viewer");
          RawViewer other = socket(sockJs, "bob", stream, "viewer");
          RawViewer moderator = socket(sockJs, "carol", stream, "moderator")) {
        for (String id : List.of("good", "bad")) {
          say(author, sockJs, JsonObject.of("type", "comment", "text", "a " + id, "id", id));
          JsonObject accepted = until(author, "accepted");
          assertThat(accepted.getString("id")).isEqualTo(id);
          assertThat(accepted.getBoolean("held")).isTrue();
          JsonObject held = until(moderator, "held");
          assertThat(held.getString("id")).isEqualTo(id);
          assertThat(held.getString("text")).isEqualTo("a " + id);
          assertThat(held.getString("why")).isNotEmpty();
        }
        String decisions = "/streams/" + stream + "/held/";
        moderate("POST", decisions + "bad", "{\"action\":\"deny\"}");
        assertThat(until(moderator, "held").getString("status")).isEqualTo("denied");
        moderate("POST", decisions + "good", "{\"action\":\"approve\"}");
        // A moderator's own comment needs no approval.
        say(moderator, sockJs, JsonObject.of("type", "comment", "text", "end", "id", "end"));
        JsonObject accepted = until(moderator, "accepted");
        assertThat(accepted.containsKey("held")).isFalse();
        for (RawViewer viewer : List.of(author, other)) {
          List<String> seen = new ArrayList<>();
          while (!seen.contains("end")) {
            seen.add(until(viewer, "comment").getString("id"));
          }
          assertThat(seen).containsExactly("good", "end");
        }
      }
    }
  }

  /** The next message of that type; none before it is an error, or for moderators only. */
  private static JsonObject until(RawViewer viewer, String type) {
    for (JsonObject message = viewer.next(); ; message = viewer.next()) {
      if (type.equals(message.getString("type"))) {
        return message;
      }
      assertThat(message.getString("type"))
          .as(message.encode())
          .isIn("watching", "viewers", "settings", "comment", "accepted", "reactions", "status");
    }
  }

  @Test
  void reactionsOfThoseWhoMayAreCountedAndOthersAreRefused() {
    for (boolean sockJs : List.of(false, true)) {
      String stream = "loved-" + sockJs;
      List<String> roles = List.of("viewer", "moderator", "host", "admin");
      for (String role : roles) {
        try (RawViewer viewer = socket(sockJs, role, stream, role)) {
          until(viewer, "watching");
          say(viewer, sockJs, LIKE);
          int count = roles.indexOf(role) + 1;
          JsonObject counted;
          do {
            counted = until(viewer, "reactions").getJsonObject("totals");
          } while (counted.getInteger("like") < count);
          assertThat(counted.getInteger("like")).as(role).isEqualTo(count);
        }
      }
      try (RawViewer service = socket(sockJs, "backend", stream, "service")) {
        assertThat(service.next("error").getString("field")).isEqualTo("role");
        assertNotWatching(service, sockJs, LIKE);
      }
      // A viewer of another stream only.
      try (RawViewer foreign = socket(sockJs, "eve", "elsewhere", "viewer")) {
        until(foreign, "watching");
        watch(
            foreign,
            sockJs,
            JsonObject.of("stream", stream, "token", token("eve", "elsewhere", "viewer", 600)));
        JsonObject refused = foreign.nextBut("viewers");
        assertThat(refused.getString("code")).isEqualTo("forbidden");
        assertThat(refused.getString("field")).isEqualTo("stream");
      }
      // Without a token.
      String path = sockJs ? "/live/000/" + stream + "/websocket" : "/live/websocket";
      try (RawViewer nobody = new RawViewer(node.port(), path)) {
        watch(nobody, sockJs, JsonObject.of("stream", stream, "user", "alice"));
        assertThat(nobody.next("error").getString("code")).isEqualTo("unauthorized");
        assertNotWatching(nobody, sockJs, LIKE);
      }
      Door state = new Door("GET", "/streams/" + stream, "");
      Await.until(
          "the refused ones not to count",
          LIMIT,
          () ->
              node.send(state, token(stream, "viewer", 600))
                      .json()
                      .getJsonObject("reactions")
                      .getInteger("like", 0)
                  == roles.size());
    }
  }

  private static void assertNotWatching(RawViewer viewer, boolean sockJs, JsonObject message) {
    say(viewer, sockJs, message);
    JsonObject refused = viewer.next("error");
    assertThat(refused.getString("code")).isEqualTo("not_watching");
    assertThat(refused.getString("id")).isEqualTo(message.getString("id"));
  }

  /** As an EventSource does: it ends when its token does, and returns with its last id. */
  @Test
  void aViewerOfServerSentEventsReturnsWithANewTokenAndMissesNothing() {
    String last = "";
    HttpResponse<Stream<String>> first = events(token("s7", "viewer", 4), "");
    try (Stream<String> lines = first.body()) {
      comment("c1");
      boolean asked = false;
      for (String line : (Iterable<String>) lines::iterator) {
        last = line.startsWith("id:") ? line.substring(3).strip() : last;
        asked |= line.contains("\"reconnect\"") && line.contains("\"token\"");
      }
      assertThat(asked).as("it was asked to reconnect before its end").isTrue();
    }
    comment("c2");
    try (Stream<String> refused = events(token("s7", "viewer", -60), last).body()) {
      assertThat(refused.toList().toString()).contains("\"unauthorized\"").doesNotContain("c2");
    }
    HttpResponse<Stream<String>> again = events(token("s7", "viewer", 600), last);
    try (Stream<String> lines = again.body()) {
      comment("c3");
      Iterator<String> line = lines.iterator();
      List<String> seen = new ArrayList<>();
      while (!seen.contains("c3")) {
        String next = line.next();
        assertThat(next).doesNotContain("\"gap\"", "\"error\"");
        if (next.contains("\"type\":\"comment\"")) {
          seen.add(new JsonObject(next.substring("data:".length())).getString("id"));
        }
      }
      assertThat(seen).containsExactly("c2", "c3");
    }
  }

  private void comment(String id) {
    Door comment =
        new Door("POST", "/streams/s7/comments", "{\"text\":\"hi\",\"id\":\"" + id + "\"}");
    assertThat(node.send(comment, token("bob", "s7", "viewer", 600)).status()).isEqualTo(202);
  }

  private HttpResponse<Stream<String>> events(String token, String lastEventId) {
    URI uri = URI.create("http://127.0.0.1:" + node.port() + "/streams/s7/events?token=" + token);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).timeout(LIMIT).header("Accept", "text/event-stream");
    if (!lastEventId.isEmpty()) {
      request.header("Last-Event-ID", lastEventId);
    }
    try {
      return client.send(request.build(), BodyHandlers.ofLines());
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
