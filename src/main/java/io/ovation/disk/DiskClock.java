package io.ovation.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The time by which what is in the file expires and is delayed, in milliseconds since 1970. It
 * begins with the wall clock when the file is created, then advances by itself: setting the wall
 * clock, even by a year, has no effect on a running node. Any thread.
 *
 * <p>A reading is kept in the file, so that the time goes on after a restart: by the machine's
 * uptime if the machine was not restarted too, else by the wall clock, but never back.
 */
final class DiskClock {
  private final Machine machine;
  private final long base;
  private final long start;

  /** What a machine knows about time. */
  interface Machine {
    long wallMs();

    /** Monotonic, within one process. */
    long nanos();

    /** Changes with each start of the machine; empty if unknown. */
    String boot();

    /** Monotonic, within one {@link #boot}. */
    long uptimeMs();
  }

  /**
   * @param saved what {@link #save} returned last; null for a new file
   */
  DiskClock(Machine machine, @Nullable String saved) {
    this.machine = machine;
    this.start = machine.nanos();
    this.base = saved == null ? machine.wallMs() : resume(saved.split(" ", -1));
  }

  private long resume(String[] saved) {
    boolean sameBoot = !saved[3].isEmpty() && saved[3].equals(machine.boot());
    long passed =
        sameBoot
            ? machine.uptimeMs() - Long.parseLong(saved[2])
            : machine.wallMs() - Long.parseLong(saved[1]);
    return Long.parseLong(saved[0]) + Math.max(0, passed);
  }

  long now() {
    return base + TimeUnit.NANOSECONDS.toMillis(machine.nanos() - start);
  }

  /** A reading of all clocks: {@code time wall uptime boot}. */
  String save() {
    return now() + " " + machine.wallMs() + " " + machine.uptimeMs() + " " + machine.boot();
  }

  /** This machine; its boot and uptime are known on Linux only. */
  static Machine machine() {
    String boot = read("/proc/sys/kernel/random/boot_id");
    return new Machine() {
      @Override
      public long wallMs() {
        return System.currentTimeMillis();
      }

      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public String boot() {
        return boot;
      }

      @Override
      public long uptimeMs() {
        String uptime = read("/proc/uptime");
        return uptime.isEmpty()
            ? 0
            : (long) (1_000 * Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))));
      }
    };
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file)).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
