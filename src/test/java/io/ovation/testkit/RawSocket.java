package io.ovation.testkit;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A WebSocket client that can say what libraries refuse to: broken UTF-8, wrong frames. RFC 6455,
 * one frame at a time, blocking, each read bounded.
 */
public final class RawSocket implements AutoCloseable {
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;

  private static final int READ_LIMIT_MILLIS = 15_000;

  private final Socket socket;
  private final DataInputStream in;

  /** A frame as it came. */
  public record Frame(int opcode, byte[] payload) {
    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** The status of a close frame, 1005 for none. */
    public int closeCode() {
      return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
    }
  }

  public RawSocket(int port, String path) {
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(READ_LIMIT_MILLIS);
      in = new DataInputStream(socket.getInputStream());
      String request =
          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      socket
          .getOutputStream()
          .write(request.formatted(path, port).getBytes(StandardCharsets.US_ASCII));
      String status = head();
      if (!status.startsWith("HTTP/1.1 101")) {
        throw new AssertionError("no upgrade: " + status);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  /** Sends one final, masked frame. The server may hang up while it is still being written. */
  public void send(int opcode, byte[] payload) {
    byte[] header = new byte[14];
    header[0] = (byte) (0x80 | opcode);
    header[1] = (byte) (0x80 | 127);
    for (int i = 0; i < 4; i++) {
      header[6 + i] = (byte) (payload.length >>> 8 * (3 - i));
    }
    // The mask is zero: masked as the RFC demands, and the bytes stay as they are.
    try {
      if (payload.length < 126) {
        byte[] small = {header[0], (byte) (0x80 | payload.length), 0, 0, 0, 0};
        socket.getOutputStream().write(small);
      } else if (payload.length < 65_536) {
        byte[] medium = {header[0], (byte) (0x80 | 126), header[8], header[9], 0, 0, 0, 0};
        socket.getOutputStream().write(medium);
      } else {
        socket.getOutputStream().write(header);
      }
      socket.getOutputStream().write(payload);
      socket.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next frame; a connection that just ends reads as a close without status. */
  public Frame read() {
    try {
      int opcode = in.read();
      if (opcode < 0) {
        return new Frame(CLOSE, new byte[0]);
      }
      long length = in.readUnsignedByte() & 0x7f;
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      return new Frame(opcode & 0x0f, in.readNBytes((int) length));
    } catch (java.net.SocketException reset) {
      return new Frame(CLOSE, new byte[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
