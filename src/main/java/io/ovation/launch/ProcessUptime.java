package io.ovation.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** How long the process runs, the start of the JVM included. */
public final class ProcessUptime {
  private static final Instant FALLBACK = Instant.now();

  /** Clock ticks in {@code /proc} are hundredths of a second on every Linux. */
  private static final int TICK_MS = 10;

  /** Place of {@code starttime} in {@code /proc/self/stat}, counted behind the command's name. */
  private static final int START_TIME = 19;

  private ProcessUptime() {}

  /**
   * A script that did something else first, in the same process, says in {@code ovation.started}
   * when it began to start us, in milliseconds since 1970. Else from the operating system: the JMX
   * bean that knows it too costs 100 ms to load.
   */
  public static long millis() {
    Long told = Long.getLong("ovation.started");
    if (told != null) {
      return System.currentTimeMillis() - told;
    }
    try {
      return sinceStart();
    } catch (IOException | RuntimeException e) {
      Instant start = ProcessHandle.current().info().startInstant().orElse(FALLBACK);
      return Duration.between(start, Instant.now()).toMillis();
    }
  }

  /** Both times count from the machine's boot, so that no clock can be wrong by a second. */
  private static long sinceStart() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    String[] uptime = Files.readString(Path.of("/proc/uptime")).split(" ", -1);
    long now = Math.round(Double.parseDouble(uptime[0]) * 1000);
    return now - Long.parseLong(fields[START_TIME]) * TICK_MS;
  }
}
