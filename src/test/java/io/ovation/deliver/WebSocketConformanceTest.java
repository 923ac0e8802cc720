package io.ovation.deliver;

import static io.ovation.deliver.AutobahnCase.fragments;
import static io.ovation.deliver.AutobahnCase.join;
import static io.ovation.deliver.AutobahnCase.text;
import static io.ovation.deliver.AutobahnCase.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ovation.config.Config;
import io.ovation.testkit.RawViewer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The cases of the Autobahn test suite, against an echo that is behind the same decoder and checks
 * as viewers are. docs/connections.md lists what is left out. The other tests are of the viewers'
 * own path.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketConformanceTest {
  /** Shorter than the server's patience with clients that do not answer a close frame. */
  private static final Duration SOON = Duration.ofSeconds(4);

  private static final int PROTOCOL = AutobahnCase.PROTOCOL_ERROR;
  private static final int TOO_LARGE = AutobahnCase.TOO_LARGE;
  private static final byte[] BROKEN = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
  private static final String ASK = "{\"type\":\"ping\"}";

  private DeliveryFixture viewers;
  private DeliveryFixture echo;

  @BeforeAll
  void start() {
    viewers = new DeliveryFixture(DeliveryFixture.DEFAULT);
    Config.Viewer largest = largest();
    echo = new DeliveryFixture(largest, 1, http -> EchoMessageHandler.mount(http, largest));
  }

  @AfterAll
  void stop() {
    viewers.close();
    echo.close();
  }

  /** The largest messages, and as many in a second, as can be configured. */
  private static Config.Viewer largest() {
    return new Config.Viewer(
        Duration.ofSeconds(25),
        1 << 20,
        1 << 20,
        Duration.ofSeconds(30),
        256,
        Duration.ZERO,
        Duration.ZERO,
        0,
        1,
        0,
        100_000,
        100_000,
        10,
        true,
        false);
  }

  static Stream<AutobahnCase> autobahn() {
    return Stream.of(
            AutobahnCases.texts(),
            AutobahnCases.pings(),
            AutobahnCases.reservedBits(),
            AutobahnCases.opcodes(),
            AutobahnCases.fragmented(),
            AutobahnCases.outOfOrder(),
            AutobahnTextCases.messages(),
            AutobahnTextCases.failFast(),
            AutobahnTextCases.sequences(),
            AutobahnCases.closing(),
            AutobahnCases.sizes())
        .flatMap(List::stream);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("autobahn")
  void theEchoAnswersAsTheSuiteExpects(AutobahnCase one) {
    one.run(echo.port, EchoMessageHandler.PATH);
  }

  /** 1.2.1 to 1.2.7: the suite expects an echo. */
  @ParameterizedTest
  @ValueSource(ints = {0, 125, 126, 127, 128, 65_535, 65_536})
  void aBinaryMessageIsRefusedAndTheConnectionGoesOn(int size) {
    try (RawViewer viewer = new RawViewer(viewers.port, "/live/websocket")) {
      viewer.write(RawViewer.frame(true, RawViewer.BINARY, new byte[size]));
      assertThat(viewer.next("error").getString("code")).isEqualTo("binary");
      viewer.say(ASK);
      viewer.next("pong");
    }
  }

  /** A message of the viewers' protocol that is {@code size} bytes long. */
  private static byte[] ask(int size) {
    return utf8("{\"type\":\"ping\",\"x\":\"" + "*".repeat(size - 22) + "\"}");
  }

  static Stream<Arguments> broken() {
    byte[] close = RawViewer.frame(false, RawViewer.CLOSE, new byte[0]);
    byte[] surrogate = join(utf8("{\"type\":\"ping\",\"x\":\""), BROKEN, utf8("\"}"));
    return Stream.of(
        arguments("close in fragments", close, PROTOCOL),
        arguments("no mask", new byte[] {(byte) 0x81, 1, 'x'}, PROTOCOL),
        arguments("too large", text(new byte[300_000]), TOO_LARGE),
        arguments("rather large", text(ask(70_000)), TOO_LARGE),
        arguments("large in fragments", fragments(7_000, ask(70_000)), TOO_LARGE),
        arguments("a surrogate in a message", text(surrogate), AutobahnCase.NOT_UTF8));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void whatIsWrongEndsTheConnectionAsSoonAsTheClientHasAnswered(
      String name, byte[] bytes, int code) {
    try (RawViewer viewer = new RawViewer(viewers.port, "/live/websocket")) {
      viewer.write(bytes);
      assertThat(viewer.closed().closeCode()).isEqualTo(code);
      viewer.sayClose(code);
      assertThat(viewer.endsWithin(SOON)).isTrue();
    }
  }
}
