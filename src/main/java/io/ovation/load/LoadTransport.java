package io.ovation.load;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Opens a viewer's connections. */
@FunctionalInterface
interface LoadTransport {
  /** What an end without a close code is told as. */
  int NO_CODE = 1006;

  /** No answer, but this one: the viewer is to wait before it tries again. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final long retryAfterMs;

    Refused(int status, long retryAfterMs) {
      super("HTTP " + status, null, false, false);
      this.retryAfterMs = retryAfterMs;
    }
  }

  /**
   * Opens a connection and watches on it.
   *
   * @param messages takes each message, in order
   * @param ended takes the close code, once, if the connection opened
   * @return what closes it; fails if there is no connection
   */
  Future<Runnable> open(JsonObject watch, Consumer<String> messages, IntConsumer ended);
}
