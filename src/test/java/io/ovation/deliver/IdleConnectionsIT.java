package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that fall silent without WebSocket, and connections that carry nothing. Silent WebSocket
 * viewers are in {@link ViewerProtocolIT}.
 */
class IdleConnectionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration HEARTBEAT = Duration.ofMillis(1_500);

  /** A viewer that takes nothing is stuck long after it is stale. */
  private final DeliveryFixture server =
      new DeliveryFixture(
          DeliveryFixture.viewer(HEARTBEAT, 64 * 1024, Duration.ofMinutes(5), 256), 2, l -> l);

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"xhr_streaming", "eventsource"})
  void aSilentSessionWithoutWebSocketIsClosed(String transport) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    String session = "http://127.0.0.1:" + server.port + "/live/0/" + transport + "/";
    HttpRequest open =
        HttpRequest.newBuilder(URI.create(session + transport))
            .method(transport.equals("eventsource") ? "GET" : "POST", BodyPublishers.noBody())
            .timeout(LIMIT)
            .build();
    try (BufferedReader stream =
        new BufferedReader(
            new InputStreamReader(
                http.send(open, BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
      HttpRequest watch =
          HttpRequest.newBuilder(URI.create(session + "xhr_send"))
              .POST(
                  BodyPublishers.ofString(
                      "[\"{\\\"type\\\":\\\"watch\\\",\\\"stream\\\":\\\"s1\\\",\\\"user\\\":\\\"bob\\\"}\"]"))
              .build();
      assertThat(http.send(watch, BodyHandlers.ofString()).statusCode()).isEqualTo(204);
      // It reads all that comes, and sends nothing more: its pings stay unanswered.
      String last = "";
      for (String line = stream.readLine(); line != null; line = stream.readLine()) {
        last = line.isEmpty() ? last : line;
      }
      assertThat(last).contains("c[");
    }
    assertThat(server.closes(CloseCode.STALE)).isEqualTo(1);
    awaitNobody();
  }

  /** As when its machine lost power: the connection stays open, and nothing is taken from it. */
  @Test
  void anEventStreamThatTakesNoHeartbeatIsClosed() {
    String request = SseTestClient.request("GET", "/streams/s1/events?user=eve", Map.of());
    try (SseTestClient dead = new SseTestClient(server.port, request, 8 * 1024);
        RawViewer alive = server.watching("s1")) {
      dead.next("watching");
      while (server.metric("slow") < 1) {
        server.supervisor.publish("s1", "big", 60_000);
        alive.next("comment");
      }
      Await.until(
          "it to be closed",
          LIMIT,
          () -> {
            alive.say("{\"type\":\"ping\"}");
            alive.nextBut("comment");
            return server.closes(CloseCode.STALE) == 1;
          });
    }
    awaitNobody();
  }

  private void awaitNobody() {
    Await.until(
        "its place to be free",
        LIMIT,
        () -> server.connections() == 0 && !server.supervisor.isOpen("s1"));
  }

  @Test
  void aConnectionWithoutRequestsIsClosedAfterTheIdleTimeout() throws Exception {
    Vertx vertx = Vertx.vertx();
    Config.Http idle =
        HttpSettings.of(Ports.free(), 65_536)
            .headerTimeout(Duration.ofSeconds(60))
            .idleTimeout(Duration.ofSeconds(1))
            .build();
    HttpServers servers = new HttpServers(vertx, idle, 65_536, new Metrics());
    try {
      servers
          .mount(loop -> loop.router().get("/here").handler(ctx -> ctx.end("here")))
          .await(20, TimeUnit.SECONDS);
      servers.listen().await(20, TimeUnit.SECONDS);
      try (RawHttp http = new RawHttp(servers.port())) {
        http.write(RawHttp.head("GET", "/here", "", 0));
        assertThat(http.read().body()).isEqualTo("here");
        assertThat(http.closedByServer()).isTrue();
      }
    } finally {
      vertx.close().await(20, TimeUnit.SECONDS);
    }
  }
}
