package io.ovation.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A WebSocket client that can also write what RFC 6455 forbids: broken UTF-8, wrong opcodes, half a
 * message. Blocking; each read is bounded.
 */
public final class RawViewer implements AutoCloseable {
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final byte[] bytes = new byte[4096];
  private final ArrayDeque<Frame> unreadFrames = new ArrayDeque<>();
  private final FrameParser parser =
      new FrameParser(
          (opcode, payload) -> unreadFrames.add(new Frame(opcode, ByteBufUtil.getBytes(payload))));
  private final ArrayDeque<JsonObject> unread = new ArrayDeque<>();

  /** Every text frame that was read, as it came. */
  public final List<String> frames = new ArrayList<>();

  /** Written by the one thread that reads. */
  public volatile int pings;

  /** A frame that was read. */
  public record Frame(int opcode, byte[] payload) {
    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** The status of a close frame, 1005 for none. */
    public int closeCode() {
      return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
    }
  }

  public RawViewer(int port, String path) {
    this(port, path, 0);
  }

  /**
   * @param receiveBuffer bytes, 0 for the system's default
   */
  public RawViewer(int port, String path, int receiveBuffer) {
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.connect(new InetSocketAddress("127.0.0.1", port), 10_000);
      socket.setSoTimeout(20_000);
      socket.setTcpNoDelay(true);
      in = socket.getInputStream();
      write(ClientFrames.upgrade(path).getBytes(StandardCharsets.US_ASCII));
      StringBuilder head = new StringBuilder();
      int next = 0;
      while (head.indexOf("\r\n\r\n") < 0 && next >= 0) {
        next = in.read();
        head.append((char) next);
      }
      if (head.indexOf("HTTP/1.1 101") != 0) {
        throw new AssertionError("no upgrade: " + head);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A masked frame; the mask is zero, so that bytes stay as they are. */
  public static byte[] frame(boolean last, int opcode, byte[] payload) {
    ByteBuf frame =
        ClientFrames.frame(
            UnpooledByteBufAllocator.DEFAULT, last, opcode, Unpooled.wrappedBuffer(payload));
    try {
      return ByteBufUtil.getBytes(frame);
    } finally {
      frame.release();
    }
  }

  public static byte[] text(String text) {
    return frame(true, TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  public void write(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a text message. */
  public void say(String text) {
    write(text(text));
  }

  /** Sends the frame that begins or answers the closing handshake. */
  public void sayClose(int code) {
    write(frame(true, CLOSE, new byte[] {(byte) (code >> 8), (byte) code}));
  }

  /** Watches; returns the {@code watching} message. */
  public JsonObject watch(String stream) {
    say("{\"type\":\"watch\",\"stream\":\"" + stream + "\",\"user\":\"bob\"}");
    return next("watching");
  }

  /** Watches what is above an offset; returns the {@code watching} message. */
  public JsonObject watch(String stream, long since) {
    say(
        "{\"type\":\"watch\",\"stream\":\"%s\",\"user\":\"bob\",\"since\":%d}"
            .formatted(stream, since));
    return next("watching");
  }

  /** The next frame. A connection that ended reads as a close frame without a status. */
  public Frame read() {
    try {
      while (unreadFrames.isEmpty()) {
        int size = in.read(bytes);
        if (size < 0) {
          return new Frame(CLOSE, new byte[0]);
        }
        parser.take(UnpooledByteBufAllocator.DEFAULT, Unpooled.copiedBuffer(bytes, 0, size));
      }
      return unreadFrames.remove();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came", e);
    } catch (IOException e) {
      return new Frame(CLOSE, new byte[0]);
    }
  }

  /** The next message; pings are answered, a close fails. */
  public JsonObject next() {
    while (unread.isEmpty()) {
      Frame frame = read();
      if (frame.opcode == PING) {
        pings = pings + 1;
        write(frame(true, PONG, frame.payload));
      } else if (frame.opcode == TEXT) {
        frames.add(frame.text());
        messages(frame.text());
      } else {
        throw new AssertionError("opcode " + frame.opcode + " code " + frame.closeCode());
      }
    }
    return unread.remove();
  }

  private void messages(String text) {
    if (text.startsWith("a[")) {
      new JsonArray(text.substring(1))
          .forEach(message -> unread.add(new JsonObject((String) message)));
    } else if (text.startsWith("{")) {
      text.lines().forEach(line -> unread.add(new JsonObject(line)));
    }
  }

  /** The next message, which must be of that type. */
  public JsonObject next(String type) {
    JsonObject message = next();
    if (!type.equals(message.getString("type"))) {
      throw new AssertionError("expected " + type + " but got " + message);
    }
    return message;
  }

  /** The next message that is not {@code type}. */
  public JsonObject nextBut(String type) {
    JsonObject message = next();
    while (type.equals(message.getString("type"))) {
      message = next();
    }
    return message;
  }

  /** Reads on until the server closes. */
  public Frame closed() {
    Frame frame = read();
    while (frame.opcode != CLOSE) {
      if (frame.opcode == TEXT) {
        frames.add(frame.text());
      }
      frame = read();
    }
    return frame;
  }

  /** Whether the connection ends within {@code limit} and brings no further frame. */
  public boolean endsWithin(Duration limit) {
    try {
      socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
      return unreadFrames.isEmpty() && in.read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
