package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.testkit.Await;
import io.ovation.testkit.RawViewer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** RFC 6455 and the SockJS wire format, byte by byte. */
class WebSocketWireIT {
  private static final String WATCH = "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"bob\"}";
  private final DeliveryFixture stage = new DeliveryFixture(DeliveryFixture.DEFAULT);

  private boolean httpClosed;

  @AfterEach
  void close() {
    if (!httpClosed) {
      RawViewer after = stage.plain();
      after.say("{\"type\":\"ping\"}");
      after.next("pong"); // whatever was sent, the node goes on
    }
    stage.close();
  }

  @Test
  void fragmentsMakeOneMessageWithAPingInBetween() {
    RawViewer bob = stage.plain();
    byte[] watch = WATCH.getBytes(StandardCharsets.UTF_8);
    bob.write(RawViewer.frame(false, RawViewer.TEXT, java.util.Arrays.copyOfRange(watch, 0, 5)));
    bob.write(RawViewer.frame(true, RawViewer.PING, "beat".getBytes(StandardCharsets.UTF_8)));
    RawViewer.Frame pong = bob.read();
    assertThat(pong.opcode()).isEqualTo(RawViewer.PONG);
    assertThat(pong.text()).isEqualTo("beat");
    bob.write(
        RawViewer.frame(false, RawViewer.CONTINUATION, java.util.Arrays.copyOfRange(watch, 5, 9)));
    bob.write(
        RawViewer.frame(
            true, RawViewer.CONTINUATION, java.util.Arrays.copyOfRange(watch, 9, watch.length)));
    bob.next("watching");
  }

  @Test
  void aMessageThatIsTooLargeIsSaidAndEndsTheConnection() {
    RawViewer bob = stage.plain();
    bob.write(RawViewer.frame(true, RawViewer.TEXT, new byte[1 << 20]));
    tooLarge(bob);
  }

  @Test
  void fragmentsThatAreTooLargeTogetherAreToo() {
    RawViewer bob = stage.plain();
    bob.write(RawViewer.frame(false, RawViewer.TEXT, new byte[40_000]));
    bob.write(RawViewer.frame(false, RawViewer.CONTINUATION, new byte[40_000]));
    tooLarge(bob);
  }

  private static void tooLarge(RawViewer wire) {
    JsonObject error = wire.next("error");
    assertThat(error.getString("code")).isEqualTo("too_large");
    assertThat(error.getString("detail")).contains("65536");
    assertThat(wire.closed().closeCode()).isEqualTo(1009);
  }

  @Test
  void brokenUtf8IsSaidAndEndsTheConnection() {
    RawViewer bob = stage.plain();
    bob.write(
        RawViewer.frame(true, RawViewer.TEXT, new byte[] {'{', (byte) 0xc0, (byte) 0x80, '}'}));
    assertThat(bob.next("error").getString("detail")).contains("UTF-8");
    assertThat(bob.closed().closeCode()).isEqualTo(1007);
  }

  @Test
  void binaryIsRefusedAndTheConnectionGoesOn() {
    RawViewer bob = stage.plain();
    bob.write(RawViewer.frame(true, RawViewer.BINARY, new byte[8]));
    assertThat(bob.next("error").getString("code")).isEqualTo("binary");
    bob.write(RawViewer.frame(false, RawViewer.BINARY, new byte[8]));
    bob.write(RawViewer.frame(true, RawViewer.CONTINUATION, new byte[8]));
    assertThat(bob.next("error").getString("code")).isEqualTo("binary");
    bob.watch("s1");
  }

  @Test
  void brokenFramesEndTheConnection() {
    byte[] unmasked = {(byte) 0x81, 2, '{', '}'};
    byte[] reserved = RawViewer.frame(true, 3, new byte[0]);
    byte[] lost = RawViewer.frame(true, RawViewer.CONTINUATION, new byte[1]);
    byte[] fragmentedPing = RawViewer.frame(false, RawViewer.PING, new byte[0]);
    for (byte[] bad : new byte[][] {unmasked, reserved, lost, fragmentedPing}) {
      RawViewer bob = stage.plain();
      bob.write(bad);
      bob.write(new byte[100_000]);
      assertThat(bob.closed().closeCode()).isEqualTo(1002);
      bob.close();
    }
  }

  @Test
  void aCloseIsAnsweredWithItsCodeAndTheServerHangsUp() {
    RawViewer bob = stage.watching("s1");
    bob.write(RawViewer.frame(true, RawViewer.CLOSE, new byte[] {0x0f, (byte) 0xa0}));
    assertThat(bob.closed().closeCode()).isEqualTo(4000);
    assertThat(bob.read().payload()).isEmpty();
    Await.until("it is gone", Duration.ofSeconds(10), () -> stage.connections() == 0);
  }

  @Test
  void sockJsOpensAndCarriesMessagesInArrays() {
    RawViewer bob = stage.sockJs();
    RawViewer.Frame open = bob.read();
    assertThat(open.text()).isEqualTo("o");
    String quoted = WATCH.replace("\"", "\\\"");
    bob.say("[\"{\\\"type\\\":\\\"ping\\\"}\",\"" + quoted + "\"]");
    bob.next("pong");
    bob.next("watching");
    bob.say("\"{\\\"type\\\":\\\"ping\\\"}\"");
    bob.next("pong");
    stage.supervisor.publish("s1", "say \"hi\" ü👏\\");
    assertThat(bob.next("comment").getString("text")).isEqualTo("say \"hi\" ü👏\\");
    assertThat(bob.frames).allMatch(frame -> frame.startsWith("a[\"") && frame.endsWith("\"]"));
    bob.say("not sockjs");
    bob.next("error");
    bob.say("[]");
    bob.say("[\"{\\\"type\\\":\\\"ping\\\"}\"]");
    bob.next("pong");
  }

  @Test
  void sockJsBeatsItsHeartAndSaysWhyItCloses() {
    Config.Viewer hasty =
        DeliveryFixture.viewer(Duration.ofMillis(1500), 1 << 20, Duration.ofSeconds(30), 256);
    try (DeliveryFixture quick = new DeliveryFixture(hasty)) {
      RawViewer bob = quick.sockJs();
      assertThat(bob.read().text()).isEqualTo("o");
      bob.say("[\"" + WATCH.replace("\"", "\\\"") + "\"]");
      bob.next("watching");
      RawViewer.Frame end = bob.closed();
      assertThat(end.closeCode()).isEqualTo(CloseCode.STALE.code());
      assertThat(bob.frames).contains("h").anyMatch(frame -> frame.startsWith("c[4000,\""));
    }
  }

  @Test
  void aServerThatClosesSaysGoodbyeToItsViewers() {
    RawViewer bob = stage.watching("s1");
    httpClosed = true;
    Thread closer = new Thread(stage::closeHttp);
    closer.start();
    assertThat(bob.closed().closeCode()).isEqualTo(1001);
    bob.close();
    Await.until("the HTTP server is closed", Duration.ofSeconds(10), () -> !closer.isAlive());
    assertThat(stage.connections()).isZero();
  }
}
