package io.ovation.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The processor time of a process without that of Java's compilers, which work most in a node's
 * first minutes. In nanoseconds, where {@code ProcessHandle} has hundredths of a second.
 */
final class ThreadTimes {
  private static final Pattern COMPILERS = Pattern.compile("C[12] Compiler");
  private static final Pattern COMPILERS_AND_COLLECTORS =
      Pattern.compile("C[12] Compiler|GC Thread|G1 |VM Thread");

  private ThreadTimes() {}

  /** Of all threads that live; threads that end take their time with them. */
  static double seconds(long pid) {
    return seconds(pid, COMPILERS);
  }

  /** The same without garbage collectors, whose work is for all that came before. */
  static double secondsWithoutCollectors(long pid) {
    return seconds(pid, COMPILERS_AND_COLLECTORS);
  }

  private static double seconds(long pid, Pattern but) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      List<Path> threads = tasks.toList();
      long nanos = 0;
      for (Path thread : threads) {
        nanos += nanos(thread, but);
      }
      return nanos / 1e9;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long nanos(Path thread, Pattern but) throws IOException {
    try {
      boolean left = but.matcher(Files.readString(thread.resolve("comm"))).lookingAt();
      String times = Files.readString(thread.resolve("schedstat"));
      return left ? 0 : Long.parseLong(times.substring(0, times.indexOf(' ')));
    } catch (NoSuchFileException e) {
      return 0; // It has just ended.
    }
  }
}
