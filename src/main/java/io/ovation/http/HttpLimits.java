package io.ovation.http;

import io.ovation.config.Config;
import io.vertx.core.http.HttpServerOptions;
import java.util.concurrent.TimeUnit;

/** The limits of every connection. */
final class HttpLimits {

  /** The longest path here is a stream's name of 128 characters, percent-encoded at worst. */
  private static final int MAX_REQUEST_LINE = 4096;

  private static final int MAX_HEADERS = 16 * 1024;

  /** As many connections may wait for accept() as the kernel (somaxconn) lets. */
  private static final int BACKLOG = 4096;

  private HttpLimits() {}

  static HttpServerOptions of(Config.Http config, int maxFrame) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setMaxInitialLineLength(MAX_REQUEST_LINE)
            .setMaxHeaderSize(MAX_HEADERS)
            // The body's reader says "continue" itself, once it knows that it wants the body.
            .setHandle100ContinueAutomatically(false)
            .setHttp2ClearTextEnabled(false)
            // Compressing each viewer's frames apart would undo sharing one encoded frame.
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
