package io.ovation.deliver.protocol;

/**
 * Why the server closes a connection, and whether its client should reconnect. Codes from 4000 are
 * the product's own (RFC 6455, 7.4.2): 4000-4499 mean reconnect, 4500-4999 mean don't.
 */
public enum CloseCode {
  NORMAL(1000, "bye", false),
  GOING_AWAY(1001, "this node stops; reconnect", true),
  PROTOCOL(1002, "not the WebSocket protocol", false),
  NOT_UTF8(1007, "a text message must be UTF-8", false),
  TOO_LARGE(1009, "the message is too large", false),
  FAILED(1011, "the server failed; reconnect", true),
  STALE(4000, "nothing came for two heartbeats; reconnect", true),
  STUCK(4001, "the connection took no data; reconnect", true),
  EXPIRED(4002, "the connection's time is over; reconnect", true),
  NEVER_WATCHED(4500, "no watch came in time", false),
  FLOOD(4501, "too many messages", false),
  ELSEWHERE(4502, "the user watches another stream on another connection", false);

  private final int code;
  private final String reason;
  private final boolean reconnect;

  CloseCode(int code, String reason, boolean reconnect) {
    this.code = code;
    this.reason = reason;
    this.reconnect = reconnect;
  }

  /** Whether a close frame may carry the code: registered ones, and those that are free for use. */
  public static boolean maySend(int code) {
    boolean registered = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
    return registered || (code >= 3000 && code <= 4999);
  }

  public int code() {
    return code;
  }

  /** ASCII without quotes, at most 123 bytes, so that it fits a close frame and a JSON string. */
  public String reason() {
    return reason;
  }

  public boolean reconnect() {
    return reconnect;
  }
}
