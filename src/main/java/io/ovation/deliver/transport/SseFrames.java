package io.ovation.deliver.transport;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.problem.EventStreams;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The wire format of server-sent events (HTML, 9.2). The body ends with the connection: without
 * chunk headers the same bytes serve every viewer, and HTTP/1.0 clients too. Messages are JSON
 * without line breaks, so that each is one {@code data} line.
 */
public final class SseFrames {
  /** For a message that does not change its viewer's position. */
  static final long NO_OFFSET = -1;

  static final ByteBuf PING =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(3).writeBytes(new byte[] {':', '\n', '\n'}).asReadOnly());

  private static final String HEAD =
      "HTTP/1.1 200 OK\r\n"
          + ("Content-Type: " + EventStreams.MEDIA_TYPE + "\r\n")
          + ("Cache-Control: " + EventStreams.CACHE_CONTROL + "\r\n")
          // nginx would buffer small events.
          + "X-Accel-Buffering: no\r\n"
          // Pages of any origin may watch, as they may by WebSocket; no cookie is read.
          + "Access-Control-Allow-Origin: *\r\n"
          + "Connection: close\r\n\r\n";

  /** Bytes around a message: its field names, the longest offset, line breaks. */
  private static final int OVERHEAD = 4 + 19 + 1 + 6 + 2;

  private static final String RETRY = "retry: ";
  private static final byte[] ID = ascii("id: ");
  private static final byte[] DATA = ascii("data: ");

  private SseFrames() {}

  /** The response's head, and how soon to return when the connection is lost. */
  static ByteBuf head(ByteBufAllocator alloc, long retryMs) {
    return ByteBufUtil.writeAscii(alloc, HEAD + RETRY + retryMs + "\n\n");
  }

  /** One event for each item; its id is the offset, but states have none. */
  public static ByteBuf messages(ByteBufAllocator alloc, List<OutboundMessage> items) {
    int size = 0;
    for (OutboundMessage item : items) {
      size += OVERHEAD + item.size();
    }
    ByteBuf events = alloc.directBuffer(size);
    for (OutboundMessage item : items) {
      write(events, item.json(), item.offset() == 0 ? NO_OFFSET : item.offset());
    }
    return events;
  }

  static ByteBuf message(ByteBufAllocator alloc, String json, long offset) {
    ByteString bytes = ByteString.copyFromUtf8(json);
    ByteBuf event = alloc.directBuffer(OVERHEAD + bytes.size());
    write(event, bytes, offset);
    return event;
  }

  private static void write(ByteBuf events, ByteString json, long offset) {
    if (offset != NO_OFFSET) {
      events.writeBytes(ID);
      ByteBufUtil.writeAscii(events, Long.toString(offset));
      events.writeByte('\n');
    }
    events.writeBytes(DATA);
    events.writeBytes(json.asReadOnlyByteBuffer());
    events.writeByte('\n').writeByte('\n');
  }

  /** Asks to return after {@code afterMs}, in the protocol's own field and as a message. */
  static ByteBuf reconnect(ByteBufAllocator alloc, long afterMs, String json) {
    return ByteBufUtil.writeUtf8(alloc, RETRY + afterMs + "\ndata: " + json + "\n\n");
  }

  /**
   * An event of type {@code close}, with what a close frame has on a WebSocket. A viewer that
   * should not return gets the id {@link EventStreams#STOP}: an EventSource requests once more with
   * it, is answered 204, and stops.
   */
  public static ByteBuf close(ByteBufAllocator alloc, CloseCode code) {
    String event =
        "event: close\n"
            + (code.reconnect() ? "" : "id: " + EventStreams.STOP + "\n")
            + ("data: {\"code\":" + code.code() + ",\"reason\":\"" + code.reason() + "\"}\n\n");
    return ByteBufUtil.writeAscii(alloc, event);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
