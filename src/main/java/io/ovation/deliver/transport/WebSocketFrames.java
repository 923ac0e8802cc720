package io.ovation.deliver.transport;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import java.util.List;

/**
 * WebSocket frames as a server sends them (RFC 6455, 5.2): whole, unmasked, ready for the wire. One
 * buffer may hold several frames.
 */
public final class WebSocketFrames {
  /** Bytes of messages that share a frame; the rest gets another, so that clients begin to read. */
  public static final int SHARED = 64 * 1024;

  /** Shorter frames are not worth compressing. */
  private static final int COMPRESSED = 200;

  /** At most, around a message: a header, SockJS's brackets and a separator. */
  private static final int OVERHEAD = 10 + 3 + 1;

  private static final int FIN = 0x80;
  private static final int RSV1 = 0x40;
  private static final int TEXT = 0x1;
  private static final int CLOSE = 0x8;
  private static final int PING = 0x9;
  private static final int PONG = 0xA;

  static final ByteBuf PLAIN_PING = constant(new byte[] {(byte) (FIN | PING), 0});

  /** A SockJS heartbeat, and a ping that a browser answers even while it throttles the page. */
  static final ByteBuf SOCKJS_PING =
      constant(new byte[] {(byte) (FIN | TEXT), 1, 'h', (byte) (FIN | PING), 0});

  static final ByteBuf SOCKJS_OPEN = constant(new byte[] {(byte) (FIN | TEXT), 1, 'o'});

  private WebSocketFrames() {}

  /**
   * One text frame for many messages, or several if it would be larger than {@link #SHARED}, or if
   * the transport has one message in each.
   */
  static ByteBuf messages(
      ByteBufAllocator alloc, List<OutboundMessage> items, Transport transport) {
    boolean sockJs = transport == Transport.SOCKJS;
    int shared = transport == Transport.WEBSOCKET_SINGLE ? 0 : SHARED;
    int[] lengths = new int[items.size()];
    int size = 0;
    for (int i = 0; i < lengths.length; i++) {
      ByteString json = items.get(i).json();
      lengths[i] = sockJs ? SockJsFrames.escapedLength(json) + 2 : json.size();
      size += lengths[i] + OVERHEAD;
    }
    ByteBuf frames = alloc.directBuffer(size);
    for (int start = 0; start < lengths.length; ) {
      int end = group(lengths, start, shared);
      if (transport == Transport.WEBSOCKET_DEFLATE
          && payload(lengths, start, end, false) >= COMPRESSED) {
        deflated(frames, items.subList(start, end));
        start = end;
        continue;
      }
      header(frames, TEXT, payload(lengths, start, end, sockJs));
      if (sockJs) {
        SockJsFrames.write(frames, items.subList(start, end));
      } else {
        join(frames, items.subList(start, end));
      }
      start = end;
    }
    return frames;
  }

  static ByteBuf message(ByteBufAllocator alloc, String json, Transport transport) {
    ByteString bytes = ByteString.copyFromUtf8(json);
    return messages(alloc, List.of(new OutboundMessage(0, bytes)), transport);
  }

  static ByteBuf close(ByteBufAllocator alloc, CloseCode code, boolean sockJs) {
    ByteBuf frames = alloc.directBuffer(320);
    if (sockJs) {
      String close = "c[" + code.code() + ",\"" + code.reason() + "\"]";
      header(frames, TEXT, close.length());
      ByteBufUtil.writeAscii(frames, close);
    }
    header(frames, CLOSE, 2 + code.reason().length());
    frames.writeShort(code.code());
    ByteBufUtil.writeAscii(frames, code.reason());
    return frames;
  }

  /** The answer to a client's close: its own code back, or none if it gave none. */
  static ByteBuf closeEcho(ByteBufAllocator alloc, int code) {
    ByteBuf frame = alloc.directBuffer(4);
    if (code < 0) {
      header(frame, CLOSE, 0);
    } else {
      header(frame, CLOSE, 2);
      frame.writeShort(code);
    }
    return frame;
  }

  static ByteBuf pong(ByteBufAllocator alloc, ByteBuf payload) {
    ByteBuf frame = alloc.directBuffer(2 + payload.readableBytes());
    header(frame, PONG, payload.readableBytes());
    return frame.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
  }

  private static void deflated(ByteBuf frames, List<OutboundMessage> items) {
    ByteBuf message = Unpooled.buffer();
    join(message, items);
    ByteBuf payload = Unpooled.buffer(message.readableBytes());
    PerMessageDeflate.deflate(ByteBufUtil.getBytes(message), payload);
    header(frames, RSV1 | TEXT, payload.readableBytes());
    frames.writeBytes(payload);
  }

  private static void join(ByteBuf frames, List<OutboundMessage> items) {
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        frames.writeByte('\n');
      }
      frames.writeBytes(items.get(i).json().asReadOnlyByteBuffer());
    }
  }

  /** Where the frame that begins at {@code start} ends: at least one message is in it. */
  private static int group(int[] lengths, int start, int shared) {
    long bytes = lengths[start];
    int end = start + 1;
    while (end < lengths.length && bytes + 1 + lengths[end] <= shared) {
      bytes += 1 + lengths[end];
      end++;
    }
    return end;
  }

  private static int payload(int[] lengths, int start, int end, boolean sockJs) {
    int bytes = end - start - 1 + (sockJs ? 3 : 0);
    for (int i = start; i < end; i++) {
      bytes += lengths[i];
    }
    return bytes;
  }

  private static void header(ByteBuf frames, int opcode, int payload) {
    frames.writeByte(FIN | opcode);
    if (payload < 126) {
      frames.writeByte(payload);
    } else if (payload <= 0xFFFF) {
      frames.writeByte(126).writeShort(payload);
    } else {
      frames.writeByte(127).writeLong(payload);
    }
  }

  private static ByteBuf constant(byte[] bytes) {
    ByteBuf direct = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
    return Unpooled.unreleasableBuffer(direct.asReadOnly());
  }
}
