package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.transport.SseFrames;
import io.ovation.ingress.OpenApiContract;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawHttp;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How the server ends server-sent events, and what the client learns about coming back. */
class SseEndIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String PATH = "/streams/s1/events?user=bob";

  private final DeliveryFixture stage =
      new DeliveryFixture(DeliveryFixture.DEFAULT, 2, loop -> loop);
  private final List<SseTestClient> wires = new ArrayList<>();

  @AfterEach
  void close() {
    wires.forEach(SseTestClient::close);
    stage.close();
  }

  private SseTestClient open(String path) {
    SseTestClient wire = new SseTestClient(stage.port, path, Map.of());
    wires.add(wire);
    return wire;
  }

  @Test
  void aStreamThatCannotBeOpenedEndsTheResponseForTheClientToComeBack() {
    stage.supervisor.refused.add("s1");
    SseTestClient bob = open(PATH);
    assertThat(bob.next("error").data().getString("code")).isEqualTo("unavailable");
    SseTestClient.Event close = bob.read();
    assertThat(close.type()).isEqualTo("close");
    assertThat(close.id()).isNull();
    assertThat(bob.read()).isSameAs(SseTestClient.END);
  }

  @Test
  void whoWasToldNotToComeBackIsStoppedByAnEmptyAnswer() {
    String last = new String(closing(CloseCode.FLOOD), StandardCharsets.US_ASCII);
    assertThat(last).contains("event: close\nid: stop\ndata: {\"code\":4501,");
    assertThat(new String(closing(CloseCode.STUCK), StandardCharsets.US_ASCII))
        .doesNotContain("id:");
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(SseTestClient.request("GET", PATH, Map.of("Last-Event-ID", "stop")));
      RawHttp.Answer answer = http.read();
      assertThat(answer.status()).isEqualTo(204);
      assertThat(answer.headers()).containsEntry("access-control-allow-origin", "*");
    }
  }

  @Test
  void whoseTimeIsOverIsLetGoAndToldWhenToComeBack() {
    Config.Viewer brief = with(Duration.ofMillis(500), 0);
    try (DeliveryFixture soon = new DeliveryFixture(brief);
        SseTestClient bob = new SseTestClient(soon.port, PATH, Map.of())) {
      bob.next("watching");
      SseTestClient.Event reconnect = bob.next("reconnect");
      assertThat(reconnect.data().getString("reason")).isEqualTo("ttl");
      assertThat(bob.asides.get(bob.asides.size() - 1))
          .isEqualTo("retry: " + reconnect.data().getLong("after_ms"));
      SseTestClient.Event close = bob.read();
      assertThat(close.data().getInteger("code")).isEqualTo(CloseCode.EXPIRED.code());
      assertThat(close.id()).isNull();
      assertThat(bob.read()).isSameAs(SseTestClient.END);
    }
  }

  @Test
  void whoIsRefusedAtTheDoorIsToldWhenToComeBackInItsOwnLanguage() {
    try (DeliveryFixture full = new DeliveryFixture(with(Duration.ZERO, 1));
        SseTestClient first = new SseTestClient(full.port, PATH, Map.of())) {
      first.next("watching");
      try (RawHttp second = new RawHttp(full.port)) {
        second.write(SseTestClient.request("GET", PATH, Map.of("Accept", "text/event-stream")));
        RawHttp.Answer answer = second.read();
        // An EventSource would stop at any other status.
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).containsEntry("content-type", "text/event-stream");
        assertThat(answer.body()).startsWith("retry: ").contains("\ndata: {\"type\":\"error\"");
        assertThat(answer.body()).contains("\"code\":\"unavailable\"").endsWith("\n\n");
      }
      RawHttp.Answer third = RawHttp.get(full.port, PATH);
      assertThat(third.status()).isEqualTo(503);
      assertThat(third.headers()).containsKey("retry-after");
      JsonObject schema =
          OpenApiContract.shipped().answer("GET", "/streams/{stream}/events", 503).getValue();
      assertThat(OpenApiContract.fault(schema, third.json())).isNull();
      assertThat(full.connections()).isEqualTo(1);
    }
  }

  private static Config.Viewer with(Duration ttl, int connections) {
    return new Config.Viewer(
        Duration.ofSeconds(25),
        1 << 20,
        DeliveryFixture.LIMIT,
        Duration.ofSeconds(30),
        256,
        ttl,
        ttl,
        0,
        1,
        connections,
        50,
        500,
        10,
        true,
        false);
  }

  private static byte[] closing(CloseCode code) {
    ByteBuf bytes = SseFrames.close(UnpooledByteBufAllocator.DEFAULT, code);
    byte[] copy = new byte[bytes.readableBytes()];
    bytes.readBytes(copy);
    bytes.release();
    return copy;
  }

  @Test
  void aNodeThatStopsSaysGoodbye() {
    SseTestClient bob = open(PATH);
    bob.next("watching");
    stage.closeHttp();
    SseTestClient.Event close = bob.read();
    assertThat(close.data().getInteger("code")).isEqualTo(CloseCode.GOING_AWAY.code());
    assertThat(bob.read()).isSameAs(SseTestClient.END);
  }

  @Test
  void theStreamIsClosedBehindTheLastOneToLeave() {
    SseTestClient bob = open(PATH);
    bob.next("watching");
    assertThat(stage.supervisor.isOpen("s1")).isTrue();
    bob.close();
    Await.until(
        "it is gone", LIMIT, () -> stage.connections() == 0 && !stage.supervisor.isOpen("s1"));
  }
}
