package io.ovation.testkit;

import org.jspecify.annotations.Nullable;

/**
 * The protocol of a {@link Crowd}'s connections. Members are numbered from 0. Called on any loop.
 */
public interface CrowdProtocol {

  /** Where member {@code n} connects. */
  String path(int n);

  /**
   * Its first message once it is connected; null for none.
   *
   * @param since the last offset it saw, or -1 if it comes for the first time
   */
  @Nullable String hello(int n, long since);

  /** Whether frames are SockJS's: {@code o}, {@code a["…"]}, {@code h}. */
  boolean sockJs();

  /** Whether {@code hello} is answered by {@code watching}, and the member is in only then. */
  default boolean answers() {
    return true;
  }

  /** Whether connections are TLS; any certificate will do. */
  default boolean tls() {
    return false;
  }

  /** The first letter of the type of events; messages of other types are not counted as such. */
  default char event() {
    return 'c';
  }

  /** The product's viewers over plain WebSocket; each its own user, watching one stream. */
  static CrowdProtocol plain(String... streams) {
    return new Viewers(false, false, streams);
  }

  /** The same over TLS. */
  static CrowdProtocol plainOverTls(String... streams) {
    return new Viewers(false, true, streams);
  }

  /** The same over SockJS's WebSocket transport. */
  static CrowdProtocol sockJs(String... streams) {
    return new Viewers(true, false, streams);
  }

  /** The product's own protocol; members go round the streams. */
  record Viewers(boolean sockJs, boolean tls, String... streams) implements CrowdProtocol {

    @Override
    public String path(int n) {
      return sockJs ? "/live/" + n % 1000 + "/crowd-" + n + "/websocket" : "/live/websocket";
    }

    @Override
    public String hello(int n, long since) {
      String stream = streams[n % streams.length];
      return "{\"type\":\"watch\",\"stream\":\"%s\",\"user\":\"v-%s-%d\"%s}"
          .formatted(stream, stream.hashCode(), n, since < 0 ? "" : ",\"since\":" + since);
    }
  }
}
