package io.ovation.store.redis;

import io.vertx.redis.client.Response;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Interprets failed commands. Redis's error replies begin with their kind in capitals. */
final class RedisFailures {
  /** Behind "ERR", or a dash, in the error of a script. */
  private static final Pattern KIND = Pattern.compile("(?:^|^ERR |-)([A-Z_]{3,})\\b");

  /** Errors with which Redis refuses whoever calls; what each means. */
  private static final Map<String, String> REFUSALS =
      Map.ofEntries(
          Map.entry("CONNECTION_CLOSED", ""),
          Map.entry("LOADING", " It reads its file; it will be ready soon."),
          Map.entry("BUSY", " A script runs for too long."),
          Map.entry("MASTERDOWN", " This is a replica without its primary."),
          Map.entry("READONLY", " This is a replica: redis.uri must name the primary."),
          Map.entry("NOREPLICAS", " It has fewer replicas than min-replicas-to-write."),
          Map.entry("OOM", " Its memory is full: raise maxmemory or keep less history."),
          Map.entry("MISCONF", " It can't write its file: look at its disk and log."),
          Map.entry("NOAUTH", " Check user and password in redis.uri."),
          Map.entry("WRONGPASS", " Check user and password in redis.uri."),
          Map.entry("NOPERM", " The user in redis.uri needs ~ov:*, +@all but @admin, @dangerous."),
          Map.entry("MOVED", " This is a Redis Cluster, which is not supported."),
          Map.entry("CLUSTERDOWN", " This is a Redis Cluster, which is not supported."));

  /** Refusals that no waiting ends. */
  private static final Set<String> FINAL =
      Set.of("NOAUTH", "WRONGPASS", "NOPERM", "MOVED", "CLUSTERDOWN");

  private RedisFailures() {}

  static boolean isUnknownScript(Throwable failure) {
    return kind(failure).equals("NOSCRIPT");
  }

  /** Whether Redis answered this call with an error; after any other failure it is unavailable. */
  static boolean isAnswer(Throwable failure) {
    // An error reply fails its future with an exception that is the reply itself.
    return failure instanceof Response && !REFUSALS.containsKey(kind(failure));
  }

  /** Whether somebody has to change something before Redis can be used. */
  static boolean isFinal(Throwable failure) {
    return FINAL.contains(kind(failure));
  }

  /** The message for the caller. */
  static String explain(Throwable failure) {
    return failure instanceof Response && !kind(failure).equals("CONNECTION_CLOSED")
        ? "Redis refused the command: " + cause(failure)
        : "The connection to Redis failed before the answer ("
            + cause(failure)
            + "); the write may have taken effect.";
  }

  /**
   * The message, with advice, without a full stop: it stands inside sentences. Some of Netty's
   * failures have none.
   */
  static String cause(Throwable failure) {
    String message = failure.getMessage();
    if (message == null) {
      return failure.getClass().getSimpleName();
    }
    String advised = message + REFUSALS.getOrDefault(kind(failure), "");
    return advised.endsWith(".") ? advised.substring(0, advised.length() - 1) : advised;
  }

  private static String kind(Throwable failure) {
    String message = failure.getMessage();
    if (message == null) {
      return "";
    }
    // Redis 7 has no kind for what a script may not do.
    if (message.contains("The user executing the script") || message.contains("ACL failure")) {
      return "NOPERM";
    }
    Matcher matcher = KIND.matcher(message);
    while (matcher.find()) {
      if (!matcher.group(1).equals("ERR")) {
        return matcher.group(1);
      }
    }
    return "";
  }
}
