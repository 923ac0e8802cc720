package io.ovation.http;

import io.ovation.config.Config;
import io.vertx.core.http.HttpServerOptions;
import java.util.concurrent.TimeUnit;

/** The options of the HTTP servers, with the limits of every connection. */
final class HttpLimits {

  /** The longest path has a stream's name of 128 characters, which may be percent-encoded. */
  private static final int MAX_REQUEST_LINE = 4096;

  private static final int MAX_HEADERS = 16 * 1024;

  /** Connections that may wait for accept(); the kernel's limit is somaxconn. */
  private static final int BACKLOG = 4096;

  private HttpLimits() {}

  static HttpServerOptions of(Config.Http config, int maxFrame) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setMaxInitialLineLength(MAX_REQUEST_LINE)
            .setMaxHeaderSize(MAX_HEADERS)
            // The body's reader sends "continue" itself, once it has checked the headers.
            .setHandle100ContinueAutomatically(false)
            .setHttp2ClearTextEnabled(false)
            // Compression per connection would undo sharing encoded frames among viewers.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setCompressionSupported(false)
            .setMaxWebSocketFrameSize(maxFrame)
            .setMaxWebSocketMessageSize(maxFrame);
    options.setAcceptBacklog(BACKLOG).setTcpNoDelay(true);
    options
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setIdleTimeout(Math.toIntExact(config.idleTimeout().toMillis()));
    return options;
  }
}
