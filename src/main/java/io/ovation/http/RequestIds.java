package io.ovation.http;

import io.ovation.trace.Correlation;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request an id: the caller's {@code X-Request-Id} if it is 1-128 of {@code A-Z a-z 0-9
 * . _ : + / = -}, else a new one. The answer has it as {@code X-Request-Id}, and so has each log
 * line about the request.
 */
public final class RequestIds {
  static final String HEADER = "X-Request-Id";

  private RequestIds() {}

  /** Before anything else is done with the request. */
  static void assign(HttpServerRequest request) {
    String given = request.getHeader(HEADER);
    String id = given != null && Correlation.valid(given) ? given : next();
    request.response().putHeader(HEADER, id);
  }

  /** It names lines of a log; nobody gains by guessing one. */
  private static String next() {
    return Long.toHexString(ThreadLocalRandom.current().nextLong());
  }

  /**
   * Runs {@code logging} with the names of the request.
   *
   * @param message the id of its message; null if it is not known
   */
  public static void logged(HttpServerRequest request, @Nullable String message, Runnable logging) {
    Correlation.run(
        request.getHeader("traceparent"),
        message,
        request.response().headers().get(HEADER),
        logging);
  }
}
