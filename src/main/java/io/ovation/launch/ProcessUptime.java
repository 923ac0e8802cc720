package io.ovation.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** How long the process has been running, including the start of the JVM. */
public final class ProcessUptime {
  private static final Instant FALLBACK = Instant.now();

  /** Clock ticks in {@code /proc} are hundredths of a second on every Linux. */
  private static final int TICK_MS = 10;

  /** Index of {@code starttime} in {@code /proc/self/stat}, counted after the command's name. */
  private static final int START_TIME = 19;

  private ProcessUptime() {}

  /**
   * Since the time in the system property {@code ovation.started}, in milliseconds since 1970,
   * which a script sets that did something else first in the same process. Else as the operating
   * system says: loading the JMX bean that knows it too costs 100 ms.
   */
  public static long millis() {
    Long started = Long.getLong("ovation.started");
    if (started != null) {
      return System.currentTimeMillis() - started;
    }
    try {
      return sinceStart();
    } catch (IOException | RuntimeException e) {
      Instant start = ProcessHandle.current().info().startInstant().orElse(FALLBACK);
      return Duration.between(start, Instant.now()).toMillis();
    }
  }

  /** Both times count from the machine's boot, so the wall clock does not matter. */
  private static long sinceStart() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    String[] uptime = Files.readString(Path.of("/proc/uptime")).split(" ", -1);
    long now = Math.round(Double.parseDouble(uptime[0]) * 1000);
    return now - Long.parseLong(fields[START_TIME]) * TICK_MS;
  }
}
