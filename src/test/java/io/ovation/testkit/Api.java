package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A node's HTTP API as a plain client uses it. Thread-safe. */
public final class Api {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  /** Longer than any answer may take: ingress gives up on its broker well before. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final String base;
  private final Duration limit;
  private final String token;

  public Api(int port) {
    this(port, LIMIT);
  }

  /**
   * @param limit after which a request counts as unanswered
   */
  public Api(int port, Duration limit) {
    this(port, limit, "");
  }

  private Api(int port, Duration limit, String token) {
    this.base = "http://127.0.0.1:" + port;
    this.limit = limit;
    this.token = token;
  }

  /**
   * @param token sent with each request, unless it is empty
   */
  public static Api withToken(int port, String token) {
    return new Api(port, LIMIT, token);
  }

  /** What came back. */
  public record Answer(int status, String contentType, String text) {
    public JsonObject json() {
      return new JsonObject(text);
    }

    private static Answer of(HttpResponse<String> response) {
      return new Answer(
          response.statusCode(),
          response.headers().firstValue("content-type").orElse(""),
          response.body());
    }
  }

  public Answer get(String path) {
    return send(request(path).GET());
  }

  public Answer post(String path, String body) {
    return post(path, body.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  public Answer post(String path, byte[] body) {
    return send(json(path, body));
  }

  /** Completes with the answer, or exceptionally when there was none. */
  public CompletableFuture<Answer> postAsync(String path, JsonObject body) {
    return CLIENT
        .sendAsync(json(path, body.toBuffer().getBytes()).build(), BodyHandlers.ofString())
        .thenApply(Answer::of);
  }

  /** Completes with the answer, or exceptionally when there was none. */
  public CompletableFuture<Answer> getAsync(String path) {
    return CLIENT
        .sendAsync(request(path).GET().build(), BodyHandlers.ofString())
        .thenApply(Answer::of);
  }

  /** A request with any method and no body. */
  public Answer method(String method, String path) {
    return send(request(path).method(method, BodyPublishers.noBody()));
  }

  /** A request with any method and a body. */
  public Answer method(String method, String path, JsonObject body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body.encode())));
  }

  /** Posts a comment; completes with the answer, or exceptionally when there was none. */
  public CompletableFuture<Answer> comment(String stream, JsonObject body) {
    return CLIENT
        .sendAsync(
            json("/streams/" + stream + "/comments", body.toBuffer().getBytes()).build(),
            BodyHandlers.ofString())
        .thenApply(Answer::of);
  }

  /** The same as a part of the caller's trace. */
  public Answer post(String path, JsonObject body, String traceparent) {
    return send(json(path, body.toBuffer().getBytes()).header("traceparent", traceparent));
  }

  /** Posts a comment, demands 202 and returns its id. */
  public String accepted(String stream, String user, String text) {
    JsonObject body = new JsonObject().put("user", user).put("text", text);
    Answer answer = comment(stream, body).join();
    if (answer.status() != 202) {
      throw new AssertionError("expected 202, got " + answer);
    }
    return answer.json().getString("id");
  }

  private HttpRequest.Builder json(String path, byte[] body) {
    return request(path)
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofByteArray(body));
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).timeout(limit);
    return token.isEmpty() ? request : request.header("authorization", "Bearer " + token);
  }

  private static Answer send(HttpRequest.Builder request) {
    try {
      return Answer.of(CLIENT.send(request.build(), BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
