package io.ovation.e2e;

import static io.ovation.e2e.TrustNode.PAGE;
import static io.ovation.e2e.TrustNode.SECRET;
import static io.ovation.e2e.TrustNode.token;
import static io.ovation.e2e.TrustNode.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.e2e.TrustNode.Door;
import io.ovation.ingress.OpenApiContract;
import io.ovation.ingress.OpenApiContract.Operation;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
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
  private static final String COMMENT = "{\"text\":\"hi\"}";

  private static final List<String> ROLES =
      List.of("viewer", "moderator", "host", "admin", "service");

  /** Bodies that are taken, by operation. */
  private static final Map<String, String> BODIES =
      Map.ofEntries(
          Map.entry("postComment", COMMENT),
          Map.entry("postReaction", "{\"kind\":\"like\"}"),
          Map.entry("postEvent", "{\"name\":\"score\",\"data\":1}"),
          Map.entry("reportComment", "{\"reason\":\"rude\"}"),
          Map.entry("putSettings", "{\"links\":true}"),
          Map.entry("decideHeld", "{\"action\":\"deny\"}"),
          Map.entry("banOnStream", "{\"for\":\"1s\"}"),
          Map.entry("ban", "{\"for\":\"1s\"}"),
          Map.entry("postCallback", "{\"object_ids\":[]}"),
          Map.entry("postPackage", "{\"type\":\"log\",\"payload\":{}}"));

  /** What the path's parameters stand for. */
  private static final Map<String, String> PARAMETERS =
      Map.of("{stream}", "s1", "{id}", "7", "{user}", "bob", "{name}", "score");

  private TrustNode node;

  @BeforeAll
  void start() {
    node = new TrustNode();
  }

  @AfterAll
  void stop() {
    node.close();
  }

  /** Each operation of the OpenAPI file × each kind of token. */
  @Test
  void eachDoorLetsInThoseWhoseTokenAllowsItAndNobodyElse() {
    OpenApiContract contract =
        new OpenApiContract(RawHttp.get(node.port(), "/openapi.yaml").body());
    List<Operation> operations = contract.operations();
    assertThat(operations).hasSizeGreaterThan(25);
    for (Operation operation : operations) {
      Door door = door(operation);
      if (operation.role() == null) {
        assertThat(node.send(door, null).status()).as(door.path()).isEqualTo(200);
        continue;
      }
      for (String invalid : List.of("x.y.z", token("s1", operation.role(), -60))) {
        assertRefused(contract, operation, door, invalid, 401, "token");
      }
      assertRefused(contract, operation, door, null, 401, "token");
      for (String role : ROLES) {
        String valid = token("*", role, 600);
        if (may(role, operation.role())) {
          assertAdmitted(contract, operation, door, valid);
        } else {
          assertRefused(contract, operation, door, valid, 403, "role");
        }
      }
      boolean onStream = door.path().startsWith("/streams/");
      if (onStream || operation.role().equals("admin")) {
        assertRefused(
            contract, operation, door, token("s12", operation.role(), 600), 403, "stream");
      }
      if (onStream) {
        assertAdmitted(contract, operation, door, token("s*", operation.role(), 600));
      }
    }
  }

  private static boolean may(String role, String needed) {
    boolean service = role.equals("service") || needed.equals("service");
    return role.equals("admin")
        || (service ? role.equals(needed) : ROLES.indexOf(role) >= ROLES.indexOf(needed));
  }

  private static Door door(Operation operation) {
    String path = operation.path();
    for (Map.Entry<String, String> parameter : PARAMETERS.entrySet()) {
      path = path.replace(parameter.getKey(), parameter.getValue());
    }
    // Moderators have to name the author; viewers may name themselves.
    path += operation.id().equals("deleteComment") ? "?user=alice" : "";
    return new Door(operation.method(), path, BODIES.getOrDefault(operation.id(), ""));
  }

  private void assertRefused(
      OpenApiContract contract,
      Operation operation,
      Door door,
      @Nullable String token,
      int status,
      String field) {
    Answer answer = node.send(door, token);
    String what = operation.method() + " " + operation.path() + " " + status;
    assertThat(answer.status()).as("%s: %s", what, answer.body()).isEqualTo(status);
    assertThat(answer.json().getString("field")).as(what).isEqualTo(field);
    assertThat(contract.answers()).contains(what);
  }

  private void assertAdmitted(
      OpenApiContract contract, Operation operation, Door door, String token) {
    Answer answer = node.send(door, token);
    String what = operation.method() + " " + operation.path() + " " + answer.status();
    assertThat(answer.status()).as("%s: %s", what, answer.body()).isNotIn(401, 403, 500);
    assertThat(contract.answers()).contains(what);
  }

  @Test
  void theTokensUserIsTheUserAndNobodyElse() {
    Door other = new Door("POST", "/streams/s1/comments", "{\"user\":\"bob\",\"text\":\"hi\"}");
    Answer refused = node.send(other, token("s1", "viewer", 600));
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
      long offset = viewer.next("watching").getLong("offset");
      assertThat(viewer.nextBut("viewers").getString("reason")).isEqualTo("token");
      Door comment = new Door("POST", "/streams/s2/comments", "{\"text\":\"last\",\"id\":\"t1\"}");
      assertThat(node.send(comment, token("s2", "viewer", 600)).status()).isEqualTo(202);
      assertThat(viewer.closed().closeCode()).isEqualTo(4002);
      comment = new Door(comment.method(), comment.path(), "{\"text\":\"missed\",\"id\":\"t2\"}");
      assertThat(node.send(comment, token("s2", "viewer", 600)).status()).isEqualTo(202);
      resumed(offset, "/live/websocket", false);
      resumed(offset, "/live/000/resumed/websocket", true);
    }
  }

  /** With a new token it gets what it missed, once. */
  private void resumed(long since, String path, boolean sockJs) {
    try (RawViewer viewer = new RawViewer(node.port(), path)) {
      JsonObject fields = JsonObject.of("stream", "s2", "since", since);
      watch(viewer, sockJs, fields.put("token", token("s2", "viewer", 600)));
      viewer.next("watching");
      for (String id : List.of("t1", "t2")) {
        assertThat(viewer.nextBut("viewers").getString("id")).isEqualTo(id);
      }
    }
  }

  @Test
  void pagesOfListedOriginsMayUseTheApiAndOthersMayNot() {
    Answer preflight = node.asPage(PAGE, "OPTIONS", "/streams/s1/comments");
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.headers())
        .containsEntry("access-control-allow-origin", PAGE)
        .doesNotContainKey("access-control-allow-credentials");
    assertThat(preflight.headers().get("access-control-allow-headers")).contains("Authorization");
    assertThat(preflight.headers().get("vary")).contains("Origin");
    assertThat(node.asPage("https://evil.example", "OPTIONS", "/streams/s1/comments").status())
        .isEqualTo(403);
    // A refusal can be read by the page, too.
    Answer refused = node.asPage(PAGE, "GET", "/streams/s1");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.headers()).containsEntry("access-control-allow-origin", PAGE);
    assertThat(node.asPage("https://evil.example", "GET", "/streams/s1").headers())
        .doesNotContainKey("access-control-allow-origin");
    Answer info = node.asPage(PAGE, "GET", "/live/info");
    assertThat(info.status()).isEqualTo(200);
    assertThat(info.json().getBoolean("cookie_needed")).isFalse();
    assertThat(info.headers())
        .containsEntry("access-control-allow-origin", PAGE)
        .doesNotContainKeys("set-cookie", "access-control-allow-credentials");
    assertThat(node.asPage(PAGE, "GET", "/live/iframe.html").headers())
        .containsEntry("content-security-policy", "frame-ancestors " + PAGE);
    for (String path : List.of("/live/websocket", "/live/000/abcd/websocket")) {
      assertThat(node.upgrade("https://evil.example", path).status()).isEqualTo(403);
      assertThat(node.upgrade(PAGE, path).status()).isEqualTo(101);
    }
    // No page has to ask before it sends these.
    assertThat(node.asPage("https://evil.example", "POST", "/live/000/s1/xhr").status())
        .isEqualTo(403);
    assertThat(node.asPage("null", "POST", "/live/000/s1/xhr_send").status()).isEqualTo(403);
    assertThat(node.asPage(PAGE, "POST", "/live/000/s1/xhr").status()).isEqualTo(200);
  }

  @Test
  void theLogHasNoTokens() {
    String token = token("s1", "viewer", 600);
    RawHttp.get(node.port(), "/streams/s1/events?token=" + token + "x");
    node.send(new Door("POST", "/streams/s1/comments", "{\"text\":7}"), token);
    assertThat(node.log()).contains("ready in").doesNotContain(token, SECRET, "taken on trust");
  }
}
