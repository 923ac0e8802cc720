package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** Speaks SockJS's HTTP to a real server, each request on a connection of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SockJsTestClient {
  static final String ASK = "[\"{\\\"type\\\":\\\"ping\\\"}\"]";
  static final String ANSWER = "a[\"{\\\"type\\\":\\\"pong\\\"}\"]";

  DeliveryFixture stage;

  @BeforeAll
  void start() {
    stage = new DeliveryFixture(DeliveryFixture.DEFAULT);
  }

  @AfterAll
  void stop() {
    stage.close();
  }

  RawHttp.Answer upgrade(String method, String path, String connection) {
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(
          method
              + " /live"
              + path
              + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: "
              + connection
              + "\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n"
              + "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n");
      return http.read();
    }
  }

  HttpResponse<String> open(String session) {
    HttpResponse<String> answer =
        send(
            request(session + "/xhr")
                .header("Origin", "http://a")
                .POST(BodyPublishers.noBody())
                .build());
    status(200, answer);
    assertThat(answer.body()).isEqualTo("o\n");
    return answer;
  }

  void exchange(String session) {
    status(204, post(session + "/xhr_send", ASK));
    assertThat(post(session + "/xhr", "").body()).isEqualTo(ANSWER + "\n");
  }

  /** A poll that the server has received once the request after it is answered. */
  RawHttp poll(String session) {
    RawHttp http = new RawHttp(stage.port);
    http.write(RawHttp.head("POST", "/live" + session + "/xhr", "", 0));
    status(200, get("/info"));
    return http;
  }

  HttpResponse<InputStream> stream(String session, String transport) throws Exception {
    HttpRequest.Builder request = request(session + transport);
    if (transport.startsWith("/xhr")) {
      request.header("Origin", "http://a").POST(BodyPublishers.noBody());
    }
    HttpResponse<InputStream> answer =
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofInputStream());
    status(200, answer);
    return answer;
  }

  static BufferedReader lines(HttpResponse<InputStream> answer) {
    return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + "/live" + path))
        .timeout(Duration.ofSeconds(20));
  }

  HttpResponse<String> get(String path) {
    return send(request(path).GET().build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(request(path).POST(BodyPublishers.ofString(body)).build());
  }

  /** Each on a connection of its own: the server closes one after a poll. */
  static HttpResponse<String> send(HttpRequest request) {
    try {
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    } catch (Exception e) {
      throw new AssertionError(request.uri().toString(), e);
    }
  }

  static void status(int status, HttpResponse<?> answer) {
    assertThat(answer.statusCode())
        .describedAs("%s: %s", answer.uri(), answer.body())
        .isEqualTo(status);
  }

  static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  static void contentType(String type, HttpResponse<?> answer) {
    assertThat(header(answer, "Content-Type").replace(" ", "")).isEqualToIgnoringCase(type);
  }

  static void withoutCookie(HttpResponse<?> answer) {
    assertThat(header(answer, "Set-Cookie")).isEmpty();
  }

  static void notCached(HttpResponse<?> answer) {
    assertThat(header(answer, "Cache-Control")).contains("no-store");
    assertThat(header(answer, "Expires")).isEmpty();
    assertThat(header(answer, "Last-Modified")).isEmpty();
  }

  /** Everybody, but never with credentials. */
  static void crossOrigin(HttpResponse<?> answer) {
    assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(header(answer, "Access-Control-Allow-Credentials")).isEmpty();
  }
}
