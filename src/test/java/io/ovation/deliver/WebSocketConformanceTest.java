package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ovation.testkit.RawViewer;
import io.ovation.testkit.RawViewer.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The cases of the Autobahn test suite that apply to a server without an echo, numbered as there. A
 * ping of the viewers' protocol takes the place of the echo. docs/connections.md lists what is left
 * out.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketConformanceTest {
  /** Shorter than the server's patience with clients that do not answer a close frame. */
  private static final Duration SOON = Duration.ofSeconds(4);

  private static final int PROTOCOL = 1002;
  private static final int NOT_UTF8 = 1007;
  private static final int TOO_LARGE = 1009;
  private static final int CONTINUATION = RawViewer.CONTINUATION;
  private static final int TEXT = RawViewer.TEXT;
  private static final int CLOSE = RawViewer.CLOSE;
  private static final int PING = RawViewer.PING;
  private static final int PONG = RawViewer.PONG;
  private static final String ASK = "{\"type\":\"ping\"}";

  private DeliveryFixture stage;

  @BeforeAll
  void start() {
    stage = new DeliveryFixture(DeliveryFixture.DEFAULT);
  }

  @AfterAll
  void stop() {
    stage.close();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] frame(boolean last, int opcode, byte[] payload) {
    return RawViewer.frame(last, opcode, payload);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Stream.of(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** A ping of the viewers' protocol that is {@code size} bytes long. */
  private static byte[] ask(int size) {
    return utf8("{\"type\":\"ping\",\"x\":\"" + "*".repeat(size - 22) + "\"}");
  }

  private static byte[] withBits(byte[] frame, int bits) {
    frame[0] |= (byte) bits;
    return frame;
  }

  private static byte[] close(int code, String reason) {
    return frame(true, CLOSE, join(new byte[] {(byte) (code >> 8), (byte) code}, utf8(reason)));
  }

  /** Text around bytes that may not be UTF-8. */
  private static byte[] message(String hex) {
    return join(utf8("{\"type\":\"ping\",\"x\":\""), HexFormat.of().parseHex(hex), utf8("\"}"));
  }

  static Stream<Arguments> answered() {
    byte[] ask = utf8(ASK);
    byte[] first = Arrays.copyOfRange(ask, 0, 4);
    byte[] rest = Arrays.copyOfRange(ask, 4, ask.length);
    Stream<Arguments> sizes =
        IntStream.of(125, 126, 127, 128, 1000, 65_535, 65_536)
            .mapToObj(n -> arguments("1.1 text of " + n, frame(true, TEXT, ask(n))));
    Stream<Arguments> fragments =
        Stream.of(
            arguments(
                "5.3 two fragments",
                join(frame(false, TEXT, first), frame(true, CONTINUATION, rest))),
            arguments(
                "5.6 a pong between",
                join(
                    frame(false, TEXT, first),
                    frame(true, PONG, utf8("x")),
                    frame(true, CONTINUATION, rest))),
            arguments(
                "6.1.2 empty fragments",
                join(
                    frame(false, TEXT, new byte[0]),
                    frame(false, CONTINUATION, ask),
                    frame(true, CONTINUATION, new byte[0]))),
            arguments(
                "2.7 an unsolicited pong",
                join(frame(true, PONG, new byte[0]), frame(true, TEXT, ask))),
            arguments(
                "2.8 one with a payload",
                join(frame(true, PONG, utf8("x")), frame(true, TEXT, ask))),
            arguments("10.1 1300 bytes in each", chopped(ask(65_536), 1300)),
            arguments("5.x a code point in two fragments", chopped(message("f09f918f"), 21)),
            arguments(
                "6.2.4 a fragment for each byte", chopped(message("cebae1bdb9cf83cebcceb5"), 1)));
    Stream<Arguments> valid =
        Stream.of(
                "00c2a2",
                "c280",
                "dfbf",
                "e0a080",
                "ed9fbf",
                "ee8080",
                "efbfbd",
                "efbfbf",
                "f0908080",
                "f48fbfbf",
                "f09fbfbe",
                "efbfbe")
            .filter(hex -> !hex.startsWith("00"))
            .map(hex -> arguments("6.5-6.22 " + hex, frame(true, TEXT, message(hex))));
    return Stream.of(sizes, fragments, valid).flatMap(s -> s);
  }

  private static byte[] chopped(byte[] message, int size) {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int from = 0; from < message.length; from += size) {
      int to = Math.min(message.length, from + size);
      byte[] part = Arrays.copyOfRange(message, from, to);
      frames.writeBytes(frame(to == message.length, from == 0 ? TEXT : CONTINUATION, part));
    }
    return frames.toByteArray();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answered")
  void whatIsRightIsAnswered(String name, byte[] bytes) {
    try (RawViewer viewer = new RawViewer(stage.port, "/live/websocket")) {
      viewer.write(bytes);
      viewer.next("pong");
    }
  }

  static Stream<Arguments> broken() {
    Stream<Arguments> bits =
        IntStream.rangeClosed(1, 7)
            .mapToObj(
                rsv ->
                    arguments(
                        "3." + rsv, withBits(frame(true, TEXT, utf8(ASK)), rsv << 4), PROTOCOL));
    Stream<Arguments> opcodes =
        IntStream.of(3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
            .mapToObj(op -> arguments("4. opcode " + op, frame(true, op, new byte[0]), PROTOCOL));
    byte[] x = utf8("x");
    Stream<Arguments> order =
        Stream.of(
            arguments("2.5 ping of 126", frame(true, PING, new byte[126]), PROTOCOL),
            arguments("5.1 ping in fragments", frame(false, PING, x), PROTOCOL),
            arguments("5.2 pong in fragments", frame(false, PONG, x), PROTOCOL),
            arguments("5.9 continues nothing", frame(true, CONTINUATION, x), PROTOCOL),
            arguments("5.10 continues nothing", frame(false, CONTINUATION, x), PROTOCOL),
            arguments(
                "5.18 text in a text", join(frame(false, TEXT, x), frame(true, TEXT, x)), PROTOCOL),
            arguments("7.3.2 close of one byte", frame(true, CLOSE, x), PROTOCOL),
            arguments("7.3.6 close of 126", close(1000, "x".repeat(124)), PROTOCOL),
            arguments("close in fragments", frame(false, CLOSE, new byte[0]), PROTOCOL),
            arguments("no mask", new byte[] {(byte) 0x81, 1, 'x'}, PROTOCOL),
            arguments("9. too large", frame(true, TEXT, new byte[300_000]), TOO_LARGE),
            arguments("9. rather large", frame(true, TEXT, ask(70_000)), TOO_LARGE),
            arguments("9. large in fragments", chopped(ask(70_000), 7_000), TOO_LARGE));
    Stream<Arguments> utf8 =
        Stream.of(
                "cebae1bdb9cf83cebcceb5eda080656469746564",
                "80",
                "bf",
                "fe",
                "ff",
                "c0af",
                "e080af",
                "f08080af",
                "c1bf",
                "e09fbf",
                "f08fbfbf",
                "eda080",
                "edbfbf",
                "eda080edb080",
                "f4908080",
                "f8888080",
                "c2",
                "e282",
                "f09f91",
                "fc84808080")
            .map(hex -> arguments("6. " + hex, frame(true, TEXT, message(hex)), NOT_UTF8));
    return Stream.of(bits, opcodes, order, utf8).flatMap(s -> s);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void whatIsWrongEndsTheConnectionAsSoonAsTheClientHasAnswered(
      String name, byte[] bytes, int code) {
    try (RawViewer viewer = new RawViewer(stage.port, "/live/websocket")) {
      viewer.write(bytes);
      assertThat(viewer.closed().closeCode()).isEqualTo(code);
      viewer.sayClose(code);
      assertThat(viewer.endsWithin(SOON)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 125})
  void aPingIsAnsweredWithItsPayload(int size) {
    byte[] payload = new byte[size];
    Arrays.fill(payload, (byte) 0xFE);
    try (RawViewer viewer = new RawViewer(stage.port, "/live/websocket")) {
      viewer.write(frame(true, PING, payload));
      Frame pong = viewer.read();
      assertThat(pong.opcode()).isEqualTo(PONG);
      assertThat(pong.payload()).isEqualTo(payload);
    }
  }

  @Test
  void tenPingsAreAnsweredInTheirOrderAndBetweenFragments() {
    byte[] ask = utf8(ASK);
    try (RawViewer viewer = new RawViewer(stage.port, "/live/websocket")) {
      viewer.write(frame(false, TEXT, Arrays.copyOfRange(ask, 0, 3)));
      for (int i = 0; i < 10; i++) {
        viewer.write(frame(true, PING, new byte[] {(byte) i}));
      }
      for (int i = 0; i < 10; i++) {
        assertThat(viewer.read().payload()).containsExactly(i);
      }
      viewer.write(frame(true, CONTINUATION, Arrays.copyOfRange(ask, 3, ask.length)));
      viewer.next("pong");
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999})
  void aCloseIsAnsweredWithItsCode(int code) {
    assertThat(answer(close(code, "why"))).isEqualTo(code);
    assertThat(answer(close(code, "x".repeat(123)))).isEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535})
  void aCodeThatMayNotBeSentIsNotSentBack(int code) {
    assertThat(answer(close(code, ""))).isEqualTo(PROTOCOL);
  }

  @Test
  void aCloseWithoutACodeIsAnsweredAlike() {
    assertThat(answer(frame(true, CLOSE, new byte[0]))).isEqualTo(1005);
  }

  @Test
  void aReasonThatIsNotUtf8IsRefused() {
    byte[] payload = {3, (byte) 0xE8, (byte) 0xCE, (byte) 0xBA, (byte) 0xE1};
    assertThat(answer(frame(true, CLOSE, payload))).isIn(PROTOCOL, NOT_UTF8);
  }

  /** Also sends what must be ignored after a close frame (7.1.2 to 7.1.5). */
  private int answer(byte[] close) {
    try (RawViewer viewer = new RawViewer(stage.port, "/live/websocket")) {
      viewer.write(
          join(close, frame(true, TEXT, utf8(ASK)), frame(true, PING, new byte[0]), close));
      Frame answer = viewer.read();
      assertThat(answer.opcode()).isEqualTo(CLOSE);
      assertThat(viewer.endsWithin(SOON)).isTrue();
      return answer.closeCode();
    }
  }
}
