package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.RawViewer;
import io.ovation.testkit.RawViewer.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** A case of the Autobahn test suite: what a client writes, and what an echo server answers. */
final class AutobahnCase {
  static final int NORMAL = 1000;
  static final int PROTOCOL_ERROR = 1002;
  static final int NOT_UTF8 = 1007;
  static final int TOO_LARGE = 1009;

  /** Shorter than the server's patience with clients that do not answer a close frame. */
  private static final Duration SOON = Duration.ofSeconds(4);

  private final String number;
  private final List<Consumer<RawViewer>> steps = new ArrayList<>();

  AutobahnCase(String number) {
    this.number = number;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** The parts of {@code size} bytes, and a shorter last one. */
  static byte[][] chopped(int size, byte[] bytes) {
    int parts = (bytes.length + size - 1) / size;
    byte[][] chops = new byte[parts][];
    for (int i = 0; i < parts; i++) {
      chops[i] = Arrays.copyOfRange(bytes, i * size, Math.min(bytes.length, (i + 1) * size));
    }
    return chops;
  }

  static byte[] text(byte[] payload) {
    return RawViewer.frame(true, RawViewer.TEXT, payload);
  }

  static byte[] text(String payload) {
    return text(utf8(payload));
  }

  /** The first fragment of a text. */
  static byte[] first(byte[] payload) {
    return RawViewer.frame(false, RawViewer.TEXT, payload);
  }

  static byte[] first(String payload) {
    return first(utf8(payload));
  }

  static byte[] continuation(boolean last, byte[] payload) {
    return RawViewer.frame(last, RawViewer.CONTINUATION, payload);
  }

  static byte[] continuation(boolean last, String payload) {
    return continuation(last, utf8(payload));
  }

  /** A text in fragments of {@code size} bytes. */
  static byte[] fragments(int size, byte[] payload) {
    byte[][] parts = chopped(size, payload);
    byte[][] frames = new byte[parts.length][];
    for (int i = 0; i < parts.length; i++) {
      int opcode = i == 0 ? RawViewer.TEXT : RawViewer.CONTINUATION;
      frames[i] = RawViewer.frame(i == parts.length - 1, opcode, parts[i]);
    }
    return join(frames);
  }

  static byte[] ping(String payload) {
    return RawViewer.frame(true, RawViewer.PING, utf8(payload));
  }

  static byte[] close(int status, byte[] reason) {
    byte[] code = {(byte) (status >> 8), (byte) status};
    return RawViewer.frame(true, RawViewer.CLOSE, join(code, reason));
  }

  static byte[] close(int status) {
    return close(status, new byte[0]);
  }

  /** Writes each chop by itself. */
  AutobahnCase writes(byte[]... chops) {
    steps.add(viewer -> Arrays.stream(chops).forEach(viewer::write));
    return this;
  }

  /** The next frame from the server. */
  AutobahnCase answered(int opcode, byte[] payload) {
    steps.add(
        viewer -> {
          Frame frame = viewer.read();
          assertThat(frame.opcode()).isEqualTo(opcode);
          assertThat(frame.payload()).isEqualTo(payload);
        });
    return this;
  }

  AutobahnCase echoes(byte[] payload) {
    return answered(RawViewer.TEXT, payload);
  }

  AutobahnCase echoes(String payload) {
    return echoes(utf8(payload));
  }

  AutobahnCase pongs(String payload) {
    return answered(RawViewer.PONG, utf8(payload));
  }

  /** The client closes, and the server answers by nothing but the same close frame. */
  AutobahnCase closes() {
    return closes(NORMAL, close(NORMAL));
  }

  /** The client writes what closes, and the server answers by nothing but a close frame. */
  AutobahnCase closes(int status, byte[]... last) {
    writes(last);
    steps.add(
        viewer -> {
          expectClose(viewer, status);
          assertThat(viewer.endsWithin(SOON)).isTrue();
        });
    return this;
  }

  /** The server closes without another frame, and ends the connection when it is answered. */
  AutobahnCase fails(int status) {
    steps.add(
        viewer -> {
          expectClose(viewer, status);
          viewer.sayClose(status);
          assertThat(viewer.endsWithin(SOON)).isTrue();
        });
    return this;
  }

  /** An error of the viewers' protocol says what the limit is; then the server closes. */
  AutobahnCase isTooLarge() {
    steps.add(viewer -> assertThat(viewer.read().text()).contains("\"too_large\""));
    return fails(TOO_LARGE);
  }

  private static void expectClose(RawViewer viewer, int status) {
    Frame frame = viewer.read();
    assertThat(frame.opcode()).isEqualTo(RawViewer.CLOSE);
    assertThat(frame.closeCode()).isEqualTo(status);
  }

  void run(int port, String path) {
    try (RawViewer viewer = new RawViewer(port, path)) {
      steps.forEach(step -> step.accept(viewer));
    }
  }

  @Override
  public String toString() {
    return number;
  }
}
