package io.ovation.store.redis;

import io.ovation.store.StoreUnavailable;
import io.vertx.redis.client.Response;

/** What a failed command means. Redis's error replies begin with their kind in capitals. */
final class RedisFailures {
  private RedisFailures() {}

  static boolean isUnknownScript(Throwable failure) {
    return says(failure, "NOSCRIPT");
  }

  /** Redis answered, so it is there, if not of help; anything else says that it is away. */
  static boolean isAnswer(Throwable failure) {
    // An error reply fails its future with an exception that is the reply itself.
    return failure instanceof Response
        && !says(failure, "CONNECTION_CLOSED")
        && !says(failure, "LOADING")
        && !says(failure, "MASTERDOWN");
  }

  static StoreUnavailable unavailable(Throwable failure) {
    if (!isAnswer(failure)) {
      return new StoreUnavailable(
          "Redis went away before it answered ("
              + text(failure)
              + "); the write may have taken effect.");
    }
    return new StoreUnavailable(
        "Redis refused the command: " + failure.getMessage() + advice(failure));
  }

  private static String advice(Throwable failure) {
    if (says(failure, "OOM")) {
      return " Its memory is full: raise maxmemory or keep less history.";
    }
    if (says(failure, "MISCONF")) {
      return " It can't write its file: look at its disk and log.";
    }
    if (says(failure, "READONLY")) {
      return " This is a replica: redis.uri must name the primary.";
    }
    if (says(failure, "NOAUTH") || says(failure, "WRONGPASS") || says(failure, "NOPERM")) {
      return " Check user and password in redis.uri.";
    }
    return "";
  }

  /** Some of Netty's failures have no message. */
  static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static boolean says(Throwable failure, String kind) {
    String message = failure.getMessage();
    return message != null && (message.startsWith(kind) || message.startsWith("ERR " + kind));
  }
}
