package io.ovation;

import java.time.Duration;
import java.time.Instant;

/** How long the process runs, the start of the JVM included. */
final class Uptime {
  private static final Instant FALLBACK = Instant.now();

  private Uptime() {}

  /**
   * From the operating system: the JMX bean that knows it too costs 100 ms to load. A script that
   * did something else first, in the same process, says in {@code ovation.started} when it began to
   * start us, in milliseconds since 1970.
   */
  static long millis() {
    Long told = Long.getLong("ovation.started");
    Instant start =
        told != null
            ? Instant.ofEpochMilli(told)
            : ProcessHandle.current().info().startInstant().orElse(FALLBACK);
    return Duration.between(start, Instant.now()).toMillis();
  }
}
