package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Await;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SockJS without WebSocket, as its client speaks it. */
class SockJsFallbackIT {
  private static final String WATCH =
      "[\"{\\\"type\\\":\\\"watch\\\",\\\"stream\\\":\\\"s1\\\",\\\"user\\\":\\\"bob\\\"}\"]";
  private static final String COMMENT =
      "[\"{\\\"type\\\":\\\"comment\\\",\\\"text\\\":\\\"hi\\\",\\\"id\\\":\\\"c\\\"}\"]";

  private final DeliveryFixture stage =
      new DeliveryFixture(DeliveryFixture.DEFAULT, 2, loop -> loop);

  @AfterEach
  void close() {
    stage.close();
  }

  /** A new one each time: the server closes a connection after a poll, as SockJS does. */
  private static HttpClient http() {
    return HttpClient.newHttpClient();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + "/live" + path))
        .timeout(Duration.ofSeconds(20));
  }

  private HttpResponse<String> get(String path) {
    return send(request(path).GET().build());
  }

  private HttpResponse<String> post(String path, String body) {
    return send(request(path).POST(BodyPublishers.ofString(body)).build());
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http().send(request, BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private BufferedReader stream(HttpRequest request) {
    try {
      InputStream body = http().send(request, BodyHandlers.ofInputStream()).body();
      return new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void infoOffersWebSocket() {
    JsonObject info = new JsonObject(get("/info").body());
    assertThat(info.getBoolean("websocket")).isTrue();
  }

  @Test
  void theIframeLoadsTheClientFromThisServer() {
    assertThat(get("/iframe.html").body()).contains("src=\"../webjars/sockjs.min.js\"");
  }

  @Test
  void pollingCarriesTheViewerProtocol() {
    assertThat(post("/0/poll/xhr", "").body()).isEqualTo("o\n");
    assertThat(post("/0/poll/xhr_send", WATCH).statusCode()).isEqualTo(204);
    assertThat(post("/0/poll/xhr", "").body()).startsWith("a[").contains("watching");
    assertThat(post("/0/poll/xhr_send", COMMENT).statusCode()).isEqualTo(204);
    assertThat(post("/0/poll/xhr", "").body()).contains("accepted");
    stage.supervisor.publish("s1", "say \"hi\" ü");
    assertThat(post("/0/poll/xhr", "").body()).contains("say \\\\\\\"hi\\\\\\\" ");
    assertThat(post("/0/other/xhr_send", WATCH).statusCode()).isEqualTo(404);
  }

  @Test
  void streamingCarriesTheViewerProtocol() throws IOException {
    try (BufferedReader stream =
        stream(request("/0/stream/xhr_streaming").POST(BodyPublishers.noBody()).build())) {
      assertThat(stream.readLine()).hasSize(2048);
      assertThat(stream.readLine()).isEqualTo("o");
      post("/0/stream/xhr_send", WATCH);
      assertThat(stream.readLine()).contains("watching");
      for (int i = 0; i < 20; i++) {
        stage.supervisor.publish("s1", "n" + i);
      }
      int seen = 0;
      while (seen < 20) {
        String line = stream.readLine();
        assertThat(line).startsWith("a[");
        while (line.contains("\\\"text\\\":\\\"n" + seen + "\\\"")) {
          seen++;
        }
      }
    }
    Await.until(
        "the viewer is gone with its request",
        Duration.ofSeconds(20),
        () -> stage.connections() == 0 && !stage.supervisor.isOpen("s1"));
  }

  @Test
  void eventSourceCarriesTheViewerProtocol() throws IOException {
    try (BufferedReader stream = stream(request("/0/es/eventsource").GET().build())) {
      assertThat(stream.readLine()).isEmpty();
      assertThat(stream.readLine()).isEqualTo("data: o");
      assertThat(stream.readLine()).isEmpty();
      post("/0/es/xhr_send", WATCH);
      assertThat(stream.readLine()).startsWith("data: a[").contains("watching");
    }
  }

  @Test
  void badInputIsNamedThereToo() {
    post("/0/bad/xhr", "");
    post("/0/bad/xhr_send", "[\"nonsense\"]");
    assertThat(post("/0/bad/xhr", "").body()).contains("error").contains("message: ");
  }
}
