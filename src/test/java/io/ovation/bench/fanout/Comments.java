package io.ovation.bench.fanout;

import io.ovation.testkit.OpenLoop;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The comments that are posted, with the time they were due in the text, and the event they become.
 */
final class Comments {
  private static final String PADDING = "x".repeat(12);

  private Comments() {}

  static String text(long dueNanos) {
    return "%s@%019d".formatted(PADDING, dueNanos);
  }

  /** Posts to the product's API, round the streams. */
  static OpenLoop.Script api(String... streams) {
    return new OpenLoop.Script() {
      @Override
      public String path(long n) {
        return "/streams/" + streams[(int) (n % streams.length)] + "/comments";
      }

      @Override
      public String body(long n, long dueNanos) {
        return "{\"user\":\"u%02d\",\"text\":\"%s\"}".formatted(n % 100, text(dueNanos));
      }
    };
  }

  /** Posts the very event, for servers that only pass it on. */
  static OpenLoop.Script events(String path, String... streams) {
    return new OpenLoop.Script() {
      @Override
      public String path(long n) {
        return path + streams[(int) (n % streams.length)];
      }

      @Override
      public String body(long n, long dueNanos) {
        String stream = streams[(int) (n % streams.length)];
        return event(stream, "u%02d".formatted(n % 100), text(dueNanos), n + 1);
      }
    };
  }

  /** An event as the product writes it: the same fields, the same length. */
  static String event(String stream, String user, String text, long number) {
    return "{\"type\":\"comment\",\"stream\":\""
        + stream
        + "\",\"id\":\""
        + id()
        + "\",\"user\":\""
        + user
        + "\",\"text\":\""
        + text
        + "\",\"at\":\""
        + Instant.ofEpochMilli(System.currentTimeMillis())
        + "\",\"offset\":"
        + (1_700_000_000_000_000L + number)
        + "}";
  }

  private static String id() {
    long random = ThreadLocalRandom.current().nextLong();
    return "%022d".formatted(random & Long.MAX_VALUE);
  }
}
