package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.ElasticMapping;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.ShowLogs;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A node that logs everything it can, whose doors are driven with marked texts, names, tokens and
 * payloads, valid and not, while its hooks and webhooks do not answer.
 */
@ExtendWith(ShowLogs.class)
class LogSecretsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String SECRET = "a-secret-of-32-characters-or-more";
  private static final String MARK = "Zebra7Mark";
  private static final String USER = MARK + "User";
  private static final String TEXT = MARK + " text";
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private static String token(String role, long seconds) {
    JsonObject claims = new JsonObject().put("sub", USER).put("role", role);
    claims.put("streams", JsonArray.of("*"));
    claims.put("profile", JsonObject.of("name", MARK + "Name"));
    claims.put("exp", System.currentTimeMillis() / 1000 + seconds);
    return TokenSigner.sign(SECRET, claims);
  }

  private static NodeProcess start() {
    String nobody = "http://127.0.0.1:" + Ports.free() + "/";
    return NodeProcess.start(
            NodeSpec.named("logs")
                .env("OVATION_LOG_LEVEL", "trace")
                .env("OVATION_LOG_FORMAT", "ecs")
                .env("OVATION_AUTH_SECRET", SECRET)
                .env("OVATION_HOOKS_WATCH", nobody)
                .env("OVATION_HOOKS_COMMENT", nobody)
                .env("OVATION_HOOKS_SECRET", "a-secret-of-hooks")
                .env("OVATION_PACKAGES_WEBHOOKS", "invoice=" + nobody)
                .env("OVATION_PACKAGES_WEBHOOK_SECRET", "a-secret-of-packages")
                .env("OVATION_PACKAGES_ATTEMPTS", "1"))
        .awaitReady();
  }

  @Test
  void noTextTokenOrNameOfAUserIsLoggedAndRefusalsNameTheirRequest() {
    String admin = token("admin", 600);
    String expired = token("admin", -600);
    try (NodeProcess node = start()) {
      Api api = Api.withToken(node.port(), admin);
      drive(api, node.api(), Api.withToken(node.port(), expired));
      drive(Api.withToken(node.port(), token("service", 600)));
      viewers(node, admin, expired);
      Await.until(
          "the package is dead",
          LIMIT,
          () ->
              Api.withToken(node.port(), token("service", 600))
                  .get("/packages/marked")
                  .text()
                  .contains("dead"));
      assertThat(node.terminate()).isZero();
      List<String> lines = node.log().lines().filter(line -> line.startsWith("{")).toList();
      ElasticMapping template = new ElasticMapping();
      assertThat(lines).allMatch(line -> template.faults(line).isEmpty());
      assertThat(lines).hasSizeGreaterThan(20).noneMatch(line -> line.contains(MARK));
      for (String token : List.of(admin, expired)) {
        String signature = token.substring(token.lastIndexOf('.') + 1);
        assertThat(lines).noneMatch(line -> line.contains(signature));
      }
      assertThat(lines)
          .noneMatch(line -> line.contains(SECRET) || line.contains("a-secret-of-"))
          .anyMatch(line -> refusal(line, "POST /streams/*/comments", TRACE))
          .anyMatch(line -> refusal(line, "POST /streams/*/comments", "mine-1"))
          .anyMatch(line -> refusal(line, "PUT /streams/*/bans/*", "request-1"))
          .anyMatch(line -> refusal(line, "a viewer's message", "mine-2"));
    }
  }

  private static boolean refusal(String line, String what, String correlation) {
    JsonObject json = new JsonObject(line);
    String message = json.getString("message");
    return message.startsWith(what + " is refused: ")
        && correlation.equals(json.getString("labels.correlation_id"))
        && (message.contains("viewer's") || json.containsKey("http.request.id"));
  }

  private static void drive(Api api, Api nobody, Api expired) {
    JsonObject comment = new JsonObject().put("text", TEXT).put("user", USER).put("id", "mine-1");
    comment.put("meta", JsonObject.of("secret", TEXT));
    api.post("/streams/s1/comments", comment.encode());
    api.post("/streams/s1/comments", comment.put("text", TEXT + " other").encode());
    api.post("/streams/s1/comments", comment.put("text", TEXT.repeat(100)).encode());
    api.post(
        "/streams/s1/comments", comment.put("text", 7), "00-" + TRACE + "-00f067aa0ba902b7-00");
    api.post("/streams/s1/comments", "{\"user\":\"" + USER + "\",\"text\":" + MARK);
    nobody.post("/streams/s1/comments", comment.put("user", USER + "\u202e").encode());
    expired.post("/streams/s1/comments", comment.encode());
    nobody.post("/streams/s1/reactions", JsonObject.of("user", USER, "kind", MARK).encode());
    api.post("/streams/s1/events", JsonObject.of("name", "n", "data", TEXT).encode());
    for (String path : List.of("/streams/s1/bans/" + USER, "/bans/" + USER)) {
      api.method("PUT", path, JsonObject.of("for", "1m", "reason", TEXT));
      api.method("PUT", path, JsonObject.of("for", TEXT));
      nobody.method("PUT", path, JsonObject.of("for", "1m"));
      api.method("DELETE", path);
    }
    api.post(
        "/streams/s1/comments/c1/reports", JsonObject.of("user", USER, "reason", TEXT).encode());
    api.method("DELETE", "/streams/s1/comments/c1?user=" + USER);
    api.method("DELETE", "/users/" + USER);
    nobody.method("DELETE", "/users/" + USER);
    nobody.get("/nowhere/" + MARK + "?token=" + MARK);
    nobody.method("PATCH", "/streams/" + MARK + "/comments");
  }

  private static void drive(Api service) {
    JsonObject item = JsonObject.of("id", "marked", "type", "invoice", "payload", TEXT);
    service.post("/packages", item.encode());
    service.post("/packages", item.put("payload", TEXT + " other").encode());
    service.post("/callback", JsonObject.of("object_ids", MARK).encode());
  }

  private static void viewers(NodeProcess node, String token, String expired) {
    try (RawViewer viewer = new RawViewer(node.port(), "/live/websocket")) {
      viewer.say(watch(expired).encode());
      next(viewer, "error");
      viewer.say(watch(token).encode());
      next(viewer, "watching");
      viewer.say("{\"type\":\"comment\",\"text\":\"" + TEXT + "\",\"id\":\"ok\"}");
      next(viewer, "accepted");
      viewer.say("{\"type\":\"comment\",\"text\":[\"" + TEXT + "\"],\"id\":\"mine-2\"}");
      next(viewer, "error");
      viewer.say("{\"type\":\"" + MARK + "\"}");
      next(viewer, "error");
      viewer.say("{\"type\":" + MARK);
      next(viewer, "error");
    }
    firstByte(node, "/streams/s1/events?user=" + USER + "&token=" + token);
    firstByte(node, "/streams/s1/events?user=" + USER + "&token=" + expired);
    try (RawHttp banning = new RawHttp(node.port())) {
      banning.write(
          "PUT /streams/s1/bans/"
              + USER
              + " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: request-1"
              + "\r\nContent-Length: 2\r\n\r\n{}");
      assertThat(banning.read().status()).isEqualTo(401);
    }
  }

  private static void next(RawViewer viewer, String type) {
    while (!type.equals(viewer.next().getString("type"))) {
      // Something else that the stream has to say.
    }
  }

  /** Waits until an endless answer has begun. */
  private static void firstByte(NodeProcess node, String path) {
    try {
      URLConnection stream =
          URI.create("http://127.0.0.1:" + node.port() + path).toURL().openConnection();
      stream.setRequestProperty("Accept", "text/event-stream");
      stream.setReadTimeout((int) LIMIT.toMillis());
      try (InputStream body = stream.getInputStream()) {
        assertThat(body.read()).isPositive();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonObject watch(String token) {
    return JsonObject.of("type", "watch", "stream", "s1", "token", token);
  }
}
