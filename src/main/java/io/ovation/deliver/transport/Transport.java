package io.ovation.deliver.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.http.problem.RefusalMetrics.Door;
import java.util.List;
import java.util.Locale;

/** How a viewer is connected, and thus how its messages are framed. */
public enum Transport {
  /** Messages as WebSocket text frames; several may share one, separated by {@code \n}. */
  WEBSOCKET,
  /** As that; batches are compressed. */
  WEBSOCKET_DEFLATE,
  /** One message in each frame. */
  WEBSOCKET_SINGLE,
  /** SockJS over WebSocket: text frames of {@code a["…","…"]}. */
  SOCKJS,
  /** SockJS over xhr, eventsource and the like, framed by vertx-web. */
  FALLBACK,
  /** Server-sent events: each message is a {@code data} line. The viewer sends nothing. */
  SSE;

  /** The messages as bytes for the wire; not of {@link #FALLBACK}. */
  public ByteBuf encode(ByteBufAllocator alloc, List<OutboundMessage> messages) {
    return this == SSE
        ? SseFrames.messages(alloc, messages)
        : WebSocketFrames.messages(alloc, messages, this);
  }

  /** How one viewer's own messages are framed: compressing is for what many share. */
  Transport unshared() {
    return this == WEBSOCKET_DEFLATE ? WEBSOCKET : this;
  }

  /** The door in the metrics of what is refused. */
  public Door door() {
    return switch (this) {
      case WEBSOCKET, WEBSOCKET_DEFLATE, WEBSOCKET_SINGLE -> Door.WEBSOCKET;
      case SOCKJS, FALLBACK -> Door.SOCKJS;
      case SSE -> Door.SSE;
    };
  }

  /** The name in metrics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
