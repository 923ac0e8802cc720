package io.ovation.store.redis;

import io.vertx.redis.client.Response;

/** Interprets failed commands. Redis's error replies begin with their kind in capitals. */
final class RedisFailures {
  private RedisFailures() {}

  static boolean isUnknownScript(Throwable failure) {
    return isKind(failure, "NOSCRIPT");
  }

  /** Whether Redis answered with an error; any other failure means that it is unavailable. */
  static boolean isAnswer(Throwable failure) {
    // An error reply fails its future with an exception that is the reply itself.
    return failure instanceof Response
        && !isKind(failure, "CONNECTION_CLOSED")
        && !isKind(failure, "LOADING")
        && !isKind(failure, "MASTERDOWN");
  }

  /** The message for the caller. */
  static String explain(Throwable failure) {
    return isAnswer(failure)
        ? "Redis refused the command: " + failure.getMessage() + advice(failure)
        : "The connection to Redis failed before the answer ("
            + text(failure)
            + "); the write may have taken effect.";
  }

  private static String advice(Throwable failure) {
    if (isKind(failure, "OOM")) {
      return " Its memory is full: raise maxmemory or keep less history.";
    }
    if (isKind(failure, "MISCONF")) {
      return " It can't write its file: look at its disk and log.";
    }
    if (isKind(failure, "READONLY")) {
      return " This is a replica: redis.uri must name the primary.";
    }
    if (isKind(failure, "NOAUTH") || isKind(failure, "WRONGPASS") || isKind(failure, "NOPERM")) {
      return " Check user and password in redis.uri.";
    }
    return "";
  }

  /** The message; some of Netty's failures have none. */
  static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static boolean isKind(Throwable failure, String kind) {
    String message = failure.getMessage();
    return message != null && (message.startsWith(kind) || message.startsWith("ERR " + kind));
  }
}
