package io.ovation.http;

import io.ovation.config.Config;
import io.vertx.core.http.HttpServerOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The options of a node's HTTP servers: the limits of every connection. */
final class ServerOptions {
  /** Times the limit: request lines and headers up to this length are read to be refused. */
  private static final int TOO_LONG_READ = 4;

  /** Connections that may wait for accept(); the kernel's limit is somaxconn. */
  private static final int BACKLOG = 4096;

  private ServerOptions() {}

  /**
   * @param maxFrame bytes of the longest WebSocket frame that is read
   */
  static HttpServerOptions of(Config.Http config, int maxFrame) {
    HttpServerOptions options =
        new HttpServerOptions()
            // What is longer is refused once the headers say how: by a status or by an event.
            .setMaxInitialLineLength(TOO_LONG_READ * (int) config.lineLimit())
            .setMaxHeaderSize(TOO_LONG_READ * (int) config.headersLimit())
            // The body's reader sends "continue" itself, once it has checked the headers.
            .setHandle100ContinueAutomatically(false)
            .setHttp2ClearTextEnabled(false)
            .setUseAlpn(false)
            // Compression per connection would undo sharing encoded frames among viewers.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setCompressionSupported(false)
            // Whichever the client asks for first: a browser fails the connection without one.
            .setWebSocketSubProtocols(List.of("*"))
            .setMaxWebSocketFrameSize(maxFrame)
            .setMaxWebSocketMessageSize(maxFrame);
    if (config.tls().used()) {
      options.setSsl(true).setKeyCertOptions(CertificateReloader.files(config.tls()));
    }
    options.setAcceptBacklog(BACKLOG).setTcpNoDelay(true);
    options
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setIdleTimeout(Math.toIntExact(config.idleTimeout().toMillis()));
    return options;
  }
}
