package io.ovation.deliver.transport;

import java.util.Locale;

/** How a viewer is connected, and thus how its messages are framed. */
public enum Transport {
  /** Messages as WebSocket text frames; several may share one, separated by {@code \n}. */
  WEBSOCKET,
  /** SockJS over WebSocket: text frames of {@code a["…","…"]}. */
  SOCKJS,
  /** SockJS over xhr, eventsource and the like, framed by vertx-web. */
  FALLBACK,
  /** Server-sent events: each message is a {@code data} line. The viewer sends nothing. */
  SSE;

  /** The name in metrics. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
