package io.ovation.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.config.Config;
import io.ovation.testkit.RawViewer;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed WebSockets, and clients that cheat. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeflateTest {
  private static final int RSV1 = 0x40;
  private static final int RSV2 = 0x20;
  private static final String TEXT = "la ".repeat(150).strip();
  private DeliveryFixture stage;

  @BeforeAll
  void start() {
    Config.Viewer off = DeliveryFixture.DEFAULT;
    Config.Viewer on =
        new Config.Viewer(
            off.heartbeat(),
            off.buffer(),
            off.messageLimit(),
            off.stuck(),
            off.pass(),
            off.ttlMin(),
            off.ttlMax(),
            off.connectRate(),
            off.connectBurst(),
            off.connections(),
            off.messagesPerSecond(),
            off.framesPerSecond(),
            off.watchesPerSecond(),
            false,
            true);
    stage = new DeliveryFixture(on);
  }

  @AfterAll
  void stop() {
    stage.close();
  }

  @Test
  void aBatchIsCompressedForWhoTakesItAndPlainForTheOthers() throws Exception {
    try (Client first = new Client();
        Client second = new Client()) {
      for (Client client : List.of(first, second)) {
        byte[] watch = watch("a".repeat(300)).getBytes(StandardCharsets.US_ASCII);
        client.write(frame(RSV1, true, 1, deflated(watch)));
        client.readUntil("\"watching\"");
      }
      RawViewer plain = stage.watching("s1");
      stage.supervisor.publish("s1", TEXT);
      assertThat(first.readUntil(TEXT)).isLessThan(TEXT.length() / 2);
      assertThat(second.readUntil(TEXT)).isLessThan(TEXT.length() / 2);
      assertThat(plain.next("comment").getString("text")).isEqualTo(TEXT);
      for (int i = 0; i < 20; i++) {
        stage.supervisor.publish("s1", TEXT + i);
      }
      first.readUntil(TEXT + 19);
      second.readUntil(TEXT + 19);
    }
  }

  private static String watch(String padding) {
    return "{\"type\":\"watch\",\"stream\":\"s1\",\"user\":\"bob\",\"x\":\"" + padding + "\"}";
  }

  @ParameterizedTest
  @ValueSource(strings = {"/live/websocket?single=1", "/live/000/abc/websocket"})
  void otherFramingsAreNotCompressed(String path) throws Exception {
    try (Client client = new Client(path)) {
      assertThat(client.head).startsWith("HTTP/1.1 101").doesNotContain("permessage-deflate");
    }
  }

  @Test
  void whatInflatesBeyondTheLimitIsTooLarge() throws Exception {
    byte[] bomb = deflated(new byte[80 << 20]);
    assertThat(bomb.length).isGreaterThan(DeliveryFixture.LIMIT);
    assertThat(closeCode(frame(RSV1, true, 1, bomb))).isEqualTo(1009);
    byte[] small = deflated(new byte[DeliveryFixture.LIMIT + 1]);
    assertThat(small.length).isLessThan(1_000);
    assertThat(closeCode(frame(RSV1, true, 1, small))).isEqualTo(1009);
  }

  @Test
  void whatIsNotCompressedThoughItSaysSoBreaksTheProtocol() throws Exception {
    byte[] hello = "hello, hello".getBytes(StandardCharsets.US_ASCII);
    assertThat(closeCode(frame(RSV1, true, 1, hello))).isEqualTo(1002);
    assertThat(closeCode(frame(RSV2, true, 1, deflated(new byte[10])))).isEqualTo(1002);
    assertThat(closeCode(frame(RSV1, true, 9, new byte[2]))).isEqualTo(1002);
    byte[] ping = deflated("{\"type\":\"ping\"}".getBytes(StandardCharsets.US_ASCII));
    byte[] first = frame(RSV1, false, 1, Arrays.copyOf(ping, 4));
    byte[] rest = Arrays.copyOfRange(ping, 4, ping.length);
    assertThat(closeCode(first, frame(RSV1, true, 0, rest))).isEqualTo(1002);
    try (Client client = new Client()) {
      client.write(first);
      client.write(frame(0, true, 0, rest));
      client.readUntil("{\"type\":\"pong\"}");
    }
  }

  private static byte[] frame(int bits, boolean last, int opcode, byte[] payload) {
    byte[] frame = RawViewer.frame(last, opcode, payload);
    frame[0] |= (byte) bits;
    return frame;
  }

  private static byte[] deflated(byte[] bytes) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(bytes);
    byte[] to = new byte[bytes.length + 100];
    int length = deflater.deflate(to, 0, to.length, Deflater.SYNC_FLUSH);
    return Arrays.copyOf(to, length - 4);
  }

  private int closeCode(byte[]... frames) throws Exception {
    try (Client client = new Client()) {
      for (byte[] frame : frames) {
        client.write(frame);
      }
      return client.closeCode();
    }
  }

  /** A WebSocket that offers to compress. */
  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket("127.0.0.1", stage.port);
    private final DataInputStream in;
    final String head;

    Client() throws Exception {
      this("/live/websocket");
      assertThat(head)
          .contains("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    }

    Client(String path) throws Exception {
      socket.setSoTimeout(10_000);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      String request =
          "GET %s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
      write(request.formatted(path).getBytes(StandardCharsets.US_ASCII));
      StringBuilder read = new StringBuilder();
      while (read.indexOf("\r\n\r\n") < 0) {
        read.append((char) in.readByte());
      }
      head = read.toString();
    }

    void write(byte[] bytes) throws Exception {
      socket.getOutputStream().write(bytes);
    }

    /** Reads frames up to one whose text has a part; returns the length of its payload. */
    int readUntil(String part) throws Exception {
      while (true) {
        int first = in.readUnsignedByte();
        byte[] payload = payload();
        byte[] bytes = (first & RSV1) == 0 ? payload : inflated(payload);
        if (new String(bytes, StandardCharsets.UTF_8).contains(part)) {
          return payload.length;
        }
      }
    }

    int closeCode() throws Exception {
      while (in.readUnsignedByte() != 0x88) {
        payload();
      }
      byte[] payload = payload();
      return (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
    }

    private byte[] payload() throws Exception {
      int length = in.readUnsignedByte();
      return in.readNBytes(length < 126 ? length : in.readUnsignedShort());
    }

    @Override
    public void close() throws Exception {
      socket.close();
    }
  }

  private static byte[] inflated(byte[] payload) throws Exception {
    Inflater inflater = new Inflater(true);
    byte[] input = Arrays.copyOf(payload, payload.length + 4);
    input[input.length - 2] = (byte) 0xFF;
    input[input.length - 1] = (byte) 0xFF;
    inflater.setInput(input);
    byte[] to = new byte[1 << 16];
    return Arrays.copyOf(to, inflater.inflate(to));
  }
}
