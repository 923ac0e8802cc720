package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.lifecycle.ConnectionAdmission;
import io.ovation.deliver.lifecycle.DrainScheduler;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawHttp;
import io.ovation.testkit.RawViewer;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How connections end in time, who is let in, and how all are sent away. */
class ConnectionLifecycleIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static Config.Viewer living(Duration min, Duration max) {
    return viewer(min, max, 0, 1, 0);
  }

  private static Config.Viewer door(int rate, int burst, int connections) {
    return viewer(Duration.ZERO, Duration.ZERO, rate, burst, connections);
  }

  private static Config.Viewer viewer(
      Duration ttlMin, Duration ttlMax, int rate, int burst, int connections) {
    return new Config.Viewer(
        Duration.ofSeconds(25),
        1 << 20,
        DeliveryFixture.LIMIT,
        Duration.ofSeconds(30),
        256,
        ttlMin,
        ttlMax,
        rate,
        burst,
        connections,
        50,
        500,
        10,
        true,
        false);
  }

  /** On a connection of its own: the server closes it after a poll, as SockJS does. */
  private static HttpResponse<String> post(DeliveryFixture stage, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + path))
            .timeout(LIMIT)
            .POST(BodyPublishers.ofString(body))
            .build();
    try {
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whoseTimeIsOverIsAskedToComeBackAndLosesNothing() {
    try (DeliveryFixture stage =
        new DeliveryFixture(living(Duration.ofMillis(1_500), Duration.ofMillis(1_700)))) {
      RawViewer bob = stage.watching("s1");
      stage.supervisor.publish("s1", "before");
      assertThat(bob.next("comment").getLong("offset")).isEqualTo(1);
      JsonObject reconnect = bob.next("reconnect");
      assertThat(reconnect.getString("reason")).isEqualTo("ttl");
      assertThat(reconnect.getLong("after_ms")).isBetween(0L, DrainScheduler.SPREAD.toMillis());
      stage.supervisor.publish("s1", "until it leaves");
      assertThat(bob.next("comment").getLong("offset")).isEqualTo(2);
      bob.close();
      stage.supervisor.publish("s1", "while it is away");
      RawViewer again = stage.plain();
      assertThat(again.watch("s1", 2).getLong("offset")).isEqualTo(2);
      assertThat(again.next("comment").getString("text")).isEqualTo("while it is away");
      stage.supervisor.publish("s1", "live");
      assertThat(again.next("comment").getString("text")).isEqualTo("live");
    }
  }

  @Test
  void whoDoesNotLeaveIsDisconnectedOnEveryTransport() {
    try (DeliveryFixture stage =
        new DeliveryFixture(living(Duration.ofMillis(500), Duration.ofMillis(600)))) {
      RawViewer plain = stage.watching("s1");
      RawViewer sockJs = stage.sockJs();
      String poll = "/live/0/late/xhr";
      assertThat(post(stage, poll, "").body()).isEqualTo("o\n");
      assertThat(post(stage, poll, "").body()).contains("reconnect").contains("ttl");
      // Without WebSocket the session says 3000 for whatever reason it is closed.
      assertThat(post(stage, poll, "").body()).startsWith("c[3000,");
      assertThat(plain.next("reconnect").getString("reason")).isEqualTo("ttl");
      assertThat(plain.closed().closeCode()).isEqualTo(CloseCode.EXPIRED.code());
      assertThat(sockJs.closed().closeCode()).isEqualTo(CloseCode.EXPIRED.code());
      assertThat(sockJs.frames).anyMatch(frame -> frame.contains("reconnect"));
      assertThat(CloseCode.EXPIRED.reconnect()).isTrue();
      assertThat(stage.closes(CloseCode.EXPIRED)).isEqualTo(3);
    }
  }

  /** Thirty connections made at once; what the clock did to them is up to chance, so no maximum. */
  @Test
  void crowdThatCameTogetherIsAskedToLeaveOverTheWholeTime() {
    try (DeliveryFixture stage =
        new DeliveryFixture(living(Duration.ofSeconds(1), Duration.ofSeconds(6)))) {
      List<RawViewer> crowd = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        crowd.add(stage.watching("s1"));
      }
      Map<Long, Integer> perSecond = new TreeMap<>();
      long begun = System.nanoTime();
      double told = 0;
      while (told < 30) {
        double now = stage.metric("reconnects");
        if (now > told) {
          perSecond.merge(
              (System.nanoTime() - begun) / 1_000_000_000L, (int) (now - told), Integer::sum);
          told = now;
        }
        Await.pass(Duration.ofMillis(20));
        assertThat(System.nanoTime() - begun).isLessThan(LIMIT.toNanos());
      }
      assertThat(perSecond.size()).as("%s", perSecond).isGreaterThanOrEqualTo(3);
      assertThat(perSecond.values()).as("%s", perSecond).allMatch(count -> count < 20);
    }
  }

  private static RawHttp.Answer upgrade(DeliveryFixture stage, RawHttp http, String path) {
    http.write(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    return http.read();
  }

  private static RawHttp.Answer ask(DeliveryFixture stage, String method, String path) {
    return RawHttp.send(stage.port, method, path, "", new byte[0]);
  }

  private static void refuses(DeliveryFixture stage, String path) {
    try (RawHttp http = new RawHttp(stage.port)) {
      RawHttp.Answer answer = upgrade(stage, http, path);
      assertThat(answer.status()).isEqualTo(503);
      assertThat(Integer.parseInt(answer.headers().get("retry-after")))
          .isBetween(1, ConnectionAdmission.RETRY_SECONDS);
      assertThat(answer.json().getString("code")).isEqualTo("unavailable");
      assertThat(http.closedByServer()).isTrue();
    }
  }

  @Test
  void connectionsBeyondTheRateAreRefusedWithATimeOfTheirOwn() {
    try (DeliveryFixture stage = new DeliveryFixture(door(1, 20, 0))) {
      long begun = System.nanoTime();
      int granted = 0;
      Map<String, Integer> waits = new HashMap<>();
      for (int i = 0; i < 120; i++) {
        try (RawHttp http = new RawHttp(stage.port)) {
          RawHttp.Answer answer = upgrade(stage, http, "/live/websocket");
          if (answer.status() == 101) {
            granted++;
          } else {
            assertThat(answer.status()).isEqualTo(503);
            waits.merge(answer.headers().get("retry-after"), 1, Integer::sum);
          }
        }
      }
      long seconds = 1 + (System.nanoTime() - begun) / 1_000_000_000L;
      assertThat(granted).isBetween(20, (int) (20 + seconds));
      assertThat(waits.size()).as("%s", waits).isGreaterThan(4);
      assertThat(stage.metric("refused")).isEqualTo(120 - granted);
      Await.until(
          "a browser that was refused learns that it was the node",
          LIMIT,
          () -> {
            try (RawHttp http = new RawHttp(stage.port)) {
              int status = upgrade(stage, http, "/live/websocket").status();
              return status == 503 && ask(stage, "GET", "/live/info?admission").status() == 503;
            }
          });
      assertThat(ask(stage, "GET", "/live/info?t=1").status()).isEqualTo(200);
    }
  }

  @Test
  void connectionsBeyondTheBoundAreRefusedUntilOneLeaves() {
    try (DeliveryFixture stage = new DeliveryFixture(door(0, 1, 3))) {
      RawViewer first = stage.watching("s1");
      stage.watching("s1");
      stage.sockJs();
      refuses(stage, "/live/websocket");
      refuses(stage, "/live/0/x/websocket");
      assertThat(post(stage, "/live/0/y/xhr", "").statusCode()).isEqualTo(503);
      assertThat(RawHttp.get(stage.port, "/live/0/z/eventsource").status()).isEqualTo(503);
      for (String method : List.of("GET", "HEAD")) {
        RawHttp.Answer info = ask(stage, method, "/live/info");
        assertThat(info.status()).isEqualTo(503);
        assertThat(info.headers()).containsKey("retry-after");
      }
      first.close();
      Await.until("one has left", LIMIT, () -> stage.connections() == 2);
      assertThat(ask(stage, "GET", "/live/info").json().getBoolean("websocket")).isTrue();
      stage.watching("s1");
    }
  }

  @Test
  void whoIsDisconnectedWithoutWebSocketIsToldWhyBefore() {
    try (DeliveryFixture stage = new DeliveryFixture(door(1, 1, 0), 2, loop -> loop)) {
      String session = "/live/000/flood1/";
      assertThat(post(stage, session + "xhr", "").body()).isEqualTo("o\n");
      String ping = "\"{\\\"type\\\":\\\"ping\\\"}\"";
      String pings = "[" + String.join(",", java.util.Collections.nCopies(600, ping)) + "]";
      assertThat(post(stage, session + "xhr_send", pings).statusCode()).isEqualTo(204);
      StringBuilder heard = new StringBuilder();
      while (heard.indexOf("c[3000") < 0) {
        heard.append(post(stage, session + "xhr", "").body());
      }
      assertThat(heard).contains("more than 50 messages in a second");
    }
  }

  @Test
  void pollsOfASessionThatIsOpenAreNoNewConnections() {
    try (DeliveryFixture stage = new DeliveryFixture(door(1, 1, 0), 2, loop -> loop)) {
      String session = "/live/0/poll/";
      assertThat(post(stage, session + "xhr", "").body()).isEqualTo("o\n");
      String watch =
          "[\"{\\\"type\\\":\\\"watch\\\",\\\"stream\\\":\\\"s1\\\",\\\"user\\\":\\\"bob\\\"}\"]";
      assertThat(post(stage, session + "xhr_send", watch).statusCode()).isEqualTo(204);
      assertThat(post(stage, session + "xhr", "").body()).contains("watching");
      for (int i = 0; i < 20; i++) {
        stage.supervisor.publish("s1", "n" + i);
        assertThat(post(stage, session + "xhr", "").body()).startsWith("a[");
      }
      stage.service.refuseNewViewers();
      stage.supervisor.publish("s1", "still");
      assertThat(post(stage, session + "xhr", "").body()).contains("still");
    }
  }

  /** A small crowd is sent away faster than evenly over a long while: ten a second and loop. */
  @Test
  void allAreSentAwayAtAnEvenPaceAndServedUntilTheyLeave() {
    try (DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT)) {
      List<RawViewer> crowd = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        crowd.add(stage.watching("s1"));
      }
      stage.service.refuseNewViewers();
      long begun = System.nanoTime();
      Future<Void> gone = stage.service.drain(Duration.ofSeconds(3));
      refuses(stage, "/live/websocket");
      Await.until("a third is told", LIMIT, () -> stage.metric("reconnects") >= 20);
      assertThat(stage.metric("reconnects")).isLessThan(60);
      stage.supervisor.publish("s1", "to all who are here");
      Await.until("all are told", LIMIT, () -> stage.metric("reconnects") == 60);
      assertThat(Duration.ofNanos(System.nanoTime() - begun))
          .isGreaterThan(Duration.ofMillis(2_500));
      for (RawViewer wire : crowd) {
        JsonObject first = wire.next();
        JsonObject second = wire.next();
        JsonObject reconnect = "reconnect".equals(first.getString("type")) ? first : second;
        assertThat(reconnect.getString("reason")).isEqualTo("drain");
        assertThat((reconnect == first ? second : first).getLong("offset")).isEqualTo(1);
        assertThat(gone.isComplete()).isFalse();
      }
      crowd.forEach(RawViewer::close);
      Await.until("the drain ends", LIMIT, gone::succeeded);
    }
  }

  @Test
  void whoStaysWhenAllAreSentAwayIsDisconnected() {
    try (DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT)) {
      RawViewer stays = stage.watching("s1");
      stage.service.refuseNewViewers();
      Future<Void> gone = stage.service.drain(Duration.ZERO);
      assertThat(stays.next("reconnect").getString("reason")).isEqualTo("drain");
      assertThat(stays.closed().closeCode()).isEqualTo(CloseCode.GOING_AWAY.code());
      stays.close();
      Await.until("the drain ends", MINUTE, gone::succeeded);
    }
  }
}
