package io.ovation;

import java.time.Duration;
import java.time.Instant;

/** How long the process runs, the start of the JVM included. */
final class Uptime {
  private static final Instant FALLBACK = Instant.now();

  private Uptime() {}

  /** From the operating system: the JMX bean that knows it too costs 100 ms to load. */
  static long millis() {
    Instant start = ProcessHandle.current().info().startInstant().orElse(FALLBACK);
    return Duration.between(start, Instant.now()).toMillis();
  }
}
