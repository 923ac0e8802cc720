package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** With {@code auth.required}, each door lets in those whose token allows it, and nobody else. */
@ExtendWith(ShowLogs.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrustIT {
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final String PAGE = "https://show.example";
  private static final String COMMENT = "{\"text\":\"hi\"}";

  /** Method and path, the body, and the least role that may. */
  private record Door(String method, String path, String body, String role) {}

  private static final List<Door> DOORS =
      List.of(
          new Door("POST", "/streams/s1/comments", COMMENT, "viewer"),
          new Door("POST", "/streams/s1/reactions", "{\"kind\":\"like\"}", "viewer"),
          new Door("GET", "/streams/s1", "", "viewer"),
          new Door("HEAD", "/streams/s1/events", "", "viewer"),
          new Door("POST", "/callback", "{\"object_ids\":[]}", "service"),
          new Door("GET", "/objects", "", "service"),
          new Door("GET", "/objects/7", "", "service"),
          new Door("POST", "/packages", "{\"type\":\"log\",\"payload\":{}}", "service"),
          new Door("GET", "/packages/p1", "", "service"),
          new Door("POST", "/packages/p1/send-back", "", "service"));

  private NodeProcess node;

  @BeforeAll
  void start() {
    NodeSpec spec =
        NodeSpec.named("trust")
            .env("OVATION_AUTH_REQUIRED", "true")
            .env("OVATION_AUTH_SECRET", SECRET)
            .env("OVATION_HTTP_ORIGINS", PAGE)
            .env("OVATION_LOG_LEVEL", "trace");
    node = NodeProcess.start(spec).awaitReady();
  }

  @AfterAll
  void stop() {
    node.close();
  }

  @Test
  void eachDoorLetsInThoseWhoseTokenAllowsItAndNobodyElse() {
    for (Door door : DOORS) {
      String what = door.method + " " + door.path;
      assertThat(send(door, null).status()).as(what).isEqualTo(401);
      assertThat(send(door, "x.y.z").status()).as(what).isEqualTo(401);
      assertThat(send(door, token("s1", "viewer", -60)).status()).as(what).isEqualTo(401);
      for (String role : List.of("viewer", "moderator", "host", "admin", "service")) {
        boolean may =
            role.equals("admin") || (door.role.equals("service") == role.equals("service"));
        Answer answer = send(door, token("s1", role, 600));
        assertThat(answer.status() == 403).as(what + " as " + role).isEqualTo(!may);
        assertThat(answer.status()).as(what + " as " + role).isNotIn(401, 500);
      }
      if (door.role.equals("viewer")) {
        assertThat(send(door, token("s12", "viewer", 600)).status()).as(what).isEqualTo(403);
        assertThat(send(door, token("s*", "viewer", 600)).status()).as(what).isBetween(200, 299);
      }
    }
  }

  @Test
  void theTokensUserIsTheUserAndNobodyElse() {
    Door other =
        new Door("POST", "/streams/s1/comments", "{\"user\":\"bob\",\"text\":\"hi\"}", "viewer");
    Answer refused = send(other, token("s1", "viewer", 600));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.json().getString("field")).isEqualTo("user");
  }

  @Test
  void viewersWatchWithATokenOnEveryTransport() {
    for (String path : List.of("/live/websocket", "/live/000/abcd/websocket")) {
      try (RawViewer viewer = new RawViewer(node.port(), path)) {
        boolean sockJs = !path.equals("/live/websocket");
        watch(viewer, sockJs, JsonObject.of("user", "alice"));
        assertThat(viewer.next("error").getString("code")).isEqualTo("unauthorized");
        watch(viewer, sockJs, JsonObject.of("token", token("other", "viewer", 600)));
        JsonObject foreign = viewer.next("error");
        assertThat(foreign.getString("code")).isEqualTo("forbidden");
        assertThat(foreign.getString("field")).isEqualTo("stream");
        watch(viewer, sockJs, JsonObject.of("token", token("s1", "viewer", 600), "user", "bob"));
        assertThat(viewer.next("error").getString("field")).isEqualTo("user");
        watch(viewer, sockJs, JsonObject.of("token", token("s1", "viewer", 600)));
        assertThat(viewer.next("watching").getString("stream")).isEqualTo("s1");
      }
    }
    assertThat(RawHttp.get(node.port(), "/streams/s1/events?user=alice").status()).isEqualTo(401);
    try (RawHttp sse = new RawHttp(node.port())) {
      sse.write(
          "GET /streams/s1/events?token="
              + token("s1", "viewer", 600)
              + " HTTP/1.1\r\nHost: x\r\nOrigin: "
              + PAGE
              + "\r\n\r\n");
      Answer head = sse.read(true);
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.headers()).containsEntry("access-control-allow-origin", PAGE);
    }
  }

  @Test
  void aViewerIsAskedToReconnectBeforeItsTokenEndsAndStaysWithANewOne() {
    try (RawViewer viewer = new RawViewer(node.port(), "/live/websocket")) {
      watch(viewer, false, JsonObject.of("stream", "s2", "token", token("s2", "viewer", 4)));
      viewer.next("watching");
      JsonObject asked = viewer.nextBut("viewers");
      assertThat(asked.getString("type")).isEqualTo("reconnect");
      assertThat(asked.getString("reason")).isEqualTo("token");
      assertThat(asked.getLong("after_ms")).isLessThan(1_000);
      watch(viewer, false, JsonObject.of("stream", "s2", "token", token("s2", "viewer", 4)));
      viewer.next("watching");
      assertThat(viewer.nextBut("viewers").getString("reason")).isEqualTo("token");
      assertThat(viewer.closed().closeCode()).isEqualTo(4002);
    }
  }

  @Test
  void pagesOfListedOriginsMayUseTheApiAndOthersMayNot() {
    Answer preflight = asPage(PAGE, "OPTIONS", "/streams/s1/comments");
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.headers())
        .containsEntry("access-control-allow-origin", PAGE)
        .doesNotContainKey("access-control-allow-credentials");
    assertThat(preflight.headers().get("access-control-allow-headers")).contains("Authorization");
    assertThat(preflight.headers().get("vary")).contains("Origin");
    assertThat(asPage("https://evil.example", "OPTIONS", "/streams/s1/comments").status())
        .isEqualTo(403);
    // A refusal can be read by the page, too.
    Answer refused = asPage(PAGE, "GET", "/streams/s1");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.headers()).containsEntry("access-control-allow-origin", PAGE);
    assertThat(asPage("https://evil.example", "GET", "/streams/s1").headers())
        .doesNotContainKey("access-control-allow-origin");
    Answer info = asPage(PAGE, "GET", "/live/info");
    assertThat(info.status()).isEqualTo(200);
    assertThat(info.json().getBoolean("cookie_needed")).isFalse();
    assertThat(info.headers())
        .containsEntry("access-control-allow-origin", PAGE)
        .doesNotContainKeys("set-cookie", "access-control-allow-credentials");
    for (String path : List.of("/live/websocket", "/live/000/abcd/websocket")) {
      assertThat(upgrade("https://evil.example", path).status()).isEqualTo(403);
      assertThat(upgrade(PAGE, path).status()).isEqualTo(101);
    }
  }

  @Test
  void theLogHasNoTokens() {
    String token = token("s1", "viewer", 600);
    RawHttp.get(node.port(), "/streams/s1/events?token=" + token + "x");
    send(new Door("POST", "/streams/s1/comments", "{\"text\":7}", "viewer"), token);
    assertThat(node.log()).contains("ready in").doesNotContain(token, SECRET);
  }

  private static String token(String stream, String role, long seconds) {
    return TokenSigner.sign(
        SECRET,
        JsonObject.of("sub", "alice", "role", role, "streams", JsonArray.of(stream))
            .put("exp", System.currentTimeMillis() / 1000 + seconds));
  }

  private static void watch(RawViewer viewer, boolean sockJs, JsonObject fields) {
    fields.put("type", "watch").put("stream", fields.getString("stream", "s1"));
    String message = fields.encode();
    viewer.say(sockJs ? JsonArray.of(message).encode() : message);
  }

  private Answer send(Door door, @Nullable String token) {
    String more = token == null ? "" : "Authorization: Bearer " + token + "\r\n";
    return send(door.method, door.path, more, door.body);
  }

  private Answer asPage(String origin, String method, String path) {
    String more = "Origin: " + origin + "\r\nAccess-Control-Request-Method: POST\r\n";
    return send(method, path, more, "");
  }

  private Answer upgrade(String origin, String path) {
    String more =
        "Origin: "
            + origin
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    return send("GET", path, more, "");
  }

  private Answer send(String method, String path, String headers, String body) {
    try (RawHttp http = new RawHttp(node.port())) {
      String length =
          method.equals("POST")
              ? "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n"
              : "";
      http.write(
          method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + length + "\r\n" + body);
      return http.read(method.equals("HEAD") || headers.contains("Upgrade"));
    }
  }
}
