package io.ovation.e2e;

import io.ovation.auth.TokenSigner;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawHttp.Answer;
import io.ovation.testkit.RawViewer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A node with {@code auth.required}, and requests to it with tokens of {@code alice}. */
final class TrustNode implements AutoCloseable {
  static final String SECRET = "a-secret-of-32-characters-or-more";
  static final String PAGE = "https://show.example";

  private final NodeProcess node =
      NodeProcess.start(
              NodeSpec.named("trust")
                  .env("OVATION_AUTH_REQUIRED", "true")
                  .env("OVATION_AUTH_SECRET", SECRET)
                  .env("OVATION_HTTP_ORIGINS", PAGE)
                  .env("OVATION_LOG_LEVEL", "trace"))
          .awaitReady();

  /** A request to one of the API's operations. */
  record Door(String method, String path, String body) {}

  int port() {
    return node.port();
  }

  String log() {
    return node.log();
  }

  @Override
  public void close() {
    node.close();
  }

  static String token(String stream, String role, long seconds) {
    return token("alice", stream, role, seconds);
  }

  static String token(String user, String stream, String role, long seconds) {
    return TokenSigner.sign(
        SECRET,
        JsonObject.of("sub", user, "role", role, "streams", JsonArray.of(stream))
            .put("exp", System.currentTimeMillis() / 1000 + seconds));
  }

  static void watch(RawViewer viewer, boolean sockJs, JsonObject fields) {
    fields.put("type", "watch").put("stream", fields.getString("stream", "s1"));
    say(viewer, sockJs, fields);
  }

  static void say(RawViewer viewer, boolean sockJs, JsonObject message) {
    viewer.say(sockJs ? JsonArray.of(message.encode()).encode() : message.encode());
  }

  Answer asPage(String origin, String method, String path) {
    String more = "Origin: " + origin + "\r\nAccess-Control-Request-Method: POST\r\n";
    return send(method, path, more, "");
  }

  Answer upgrade(String origin, String path) {
    String more =
        "Origin: "
            + origin
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    return send("GET", path, more, "");
  }

  /**
   * @param body null for GET
   */
  <T> HttpResponse<T> http(String path, @Nullable String body, BodyHandler<T> answer) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
            .timeout(Duration.ofSeconds(60));
    if (body != null) {
      request.POST(BodyPublishers.ofString(body));
    }
    try {
      return HttpClient.newHttpClient().send(request.build(), answer);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(path, e);
    }
  }

  Answer send(Door door, @Nullable String token) {
    String more = token == null ? "" : "Authorization: Bearer " + token + "\r\n";
    return send(door.method, door.path, more, door.body);
  }

  Answer send(String method, String path, String headers, String body) {
    try (RawHttp http = new RawHttp(node.port())) {
      String length =
          method.equals("POST") || method.equals("PUT")
              ? "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n"
              : "";
      http.write(
          method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + length + "\r\n" + body);
      return http.read(method.equals("HEAD") || headers.contains("Upgrade"));
    }
  }
}
