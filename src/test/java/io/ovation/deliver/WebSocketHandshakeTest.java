package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawHttp;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a WebSocket begins (RFC 6455, 4.2), as clients and proxies ask for it, and as others do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketHandshakeTest {
  private DeliveryFixture stage;

  @BeforeAll
  void start() {
    stage = new DeliveryFixture(DeliveryFixture.DEFAULT);
  }

  @AfterAll
  void stop() {
    stage.close();
  }

  private RawHttp.Answer upgrade(String line, String headers) {
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(line + "\r\nHost: a\r\n" + headers + "\r\n");
      return http.read();
    }
  }

  private RawHttp.Answer upgrade(String headers) {
    return upgrade("GET /live/websocket HTTP/1.1", headers);
  }

  private static final String PROPER =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZR==",
        "dGhlIHNhbXBsZSBub25j",
        "****************======",
        "dGhlIHNhbXBsZSBub25jZQ==, x"
      })
  void aKeyThatIsNotSixteenBytesIsRefused(String key) {
    RawHttp.Answer answer = upgrade(PROPER + "Sec-WebSocket-Key: " + key + "\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo("Sec-WebSocket-Key");
    assertThat(upgrade(PROPER + KEY + "Sec-WebSocket-Key: " + key + "\r\n").status())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({
    "GET /live/websocket HTTP/1.0, 400",
    "POST /live/websocket HTTP/1.1, 400",
    "HEAD /live/websocket HTTP/1.1, 400",
    "GET //live/websocket HTTP/1.1, 404",
    "GET /live/websocket/ HTTP/1.1, 404",
    "GET /live/../live/websocket HTTP/1.1, 404"
  })
  void anUpgradeBeginsWithGetOfItsPathInHttp11(String line, int status) {
    try (RawHttp http = new RawHttp(stage.port)) {
      http.write(line + "\r\nHost: a\r\n" + PROPER + KEY + "\r\n");
      assertThat(http.read(line.startsWith("HEAD")).status()).isEqualTo(status);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade: h2c, WebSocket\r\nConnection: Upgrade",
        "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: HTTP2-Settings, Upgrade",
        "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0",
      })
  void anUpgradeMayBeOneOfSeveral(String headers) {
    String more = "\r\nSec-WebSocket-Version: 13\r\n" + KEY;
    assertThat(upgrade(headers + more).status()).isEqualTo(101);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 3", "Transfer-Encoding: chunked"})
  void anUpgradeWithABodyIsRefused(String header) {
    RawHttp.Answer answer = upgrade(PROPER + KEY + header + "\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo("body");
  }

  @Test
  void anotherVersionIsToldTheRightOne() {
    for (String version : List.of("8", "12", "14", "x", "13, 8")) {
      RawHttp.Answer answer =
          upgrade(
              "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                  + version
                  + "\r\n"
                  + KEY);
      assertThat(answer.status()).isEqualTo(426);
      assertThat(answer.headers()).containsEntry("sec-websocket-version", "13");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ovation.single|ovation.single",
        "chat, ovation.single|chat",
        "v1.ovation|v1.ovation",
        "a ,b|a"
      })
  void aSubprotocolThatIsAskedForIsAnswered(String asked, String answered) {
    RawHttp.Answer answer = upgrade(PROPER + KEY + "Sec-WebSocket-Protocol: " + asked + "\r\n");
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.headers()).containsEntry("sec-websocket-protocol", answered);
    assertThat(upgrade(PROPER + KEY).headers()).doesNotContainKey("sec-websocket-protocol");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a,", ",a", "a/b", "\u00e9", "\"a\""})
  void aSubprotocolThatIsNoNameIsRefused(String asked) {
    RawHttp.Answer answer = upgrade(PROPER + KEY + "Sec-WebSocket-Protocol: " + asked + "\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().getString("field")).isEqualTo("Sec-WebSocket-Protocol");
  }

  @Test
  void compressionIsNotOffered() {
    String offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    assertThat(upgrade(PROPER + KEY + offer).headers())
        .doesNotContainKey("sec-websocket-extensions");
    assertThat(
            upgrade(
                    "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + KEY)
                .status())
        .isEqualTo(101);
  }
}
