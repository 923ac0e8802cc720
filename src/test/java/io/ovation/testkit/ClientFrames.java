package io.ovation.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The bytes that a WebSocket client writes (RFC 6455): its upgrade request and its frames. */
final class ClientFrames {
  private ClientFrames() {}

  static String upgrade(String path) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  }

  /** The index after the response's head, or -1 if the head is not complete. */
  static int end(ByteBuf bytes, byte[] endOfHead) {
    int found = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(endOfHead), bytes);
    return found < 0 ? -1 : found + endOfHead.length;
  }

  /** Skips the response's head; fails unless it accepts the upgrade. */
  static void check(ByteBuf bytes, int end) throws IOException {
    String head =
        bytes.toString(bytes.readerIndex(), end - bytes.readerIndex(), StandardCharsets.ISO_8859_1);
    bytes.readerIndex(end);
    if (!head.startsWith("HTTP/1.1 101")) {
      String status = head.lines().findFirst().orElse(head);
      bytes.release();
      throw new IOException("no upgrade: " + status);
    }
  }

  /** A text message; over SockJS one string in an array. */
  static ByteBuf text(ByteBufAllocator alloc, String message, boolean sockJs) {
    String text =
        sockJs ? "[\"" + message.replace("\\", "\\\\").replace("\"", "\\\"") + "\"]" : message;
    return frame(
        alloc,
        true,
        FrameParser.TEXT,
        Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A masked frame. Its mask is zero, which leaves the payload as it is. */
  static ByteBuf frame(ByteBufAllocator alloc, boolean last, int opcode, ByteBuf payload) {
    int size = payload.readableBytes();
    ByteBuf frame = alloc.buffer(size + 14);
    frame.writeByte((last ? 0x80 : 0) | opcode);
    if (size < 126) {
      frame.writeByte(0x80 | size);
    } else if (size < 65_536) {
      frame.writeByte(0x80 | 126).writeShort(size);
    } else {
      frame.writeByte(0x80 | 127).writeLong(size);
    }
    return frame.writeInt(0).writeBytes(payload, payload.readerIndex(), size);
  }
}
