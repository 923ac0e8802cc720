package io.ovation.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The processor time of a process without that of Java's compilers, which work most in a node's
 * first minutes. In nanoseconds, where {@code ProcessHandle} has hundredths of a second.
 */
final class ThreadTimes {
  private ThreadTimes() {}

  /** Of all threads that live; threads that end take their time with them. */
  static double seconds(long pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      List<Path> threads = tasks.toList();
      long nanos = 0;
      for (Path thread : threads) {
        nanos += nanos(thread);
      }
      return nanos / 1e9;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long nanos(Path thread) throws IOException {
    try {
      boolean compiler = Files.readString(thread.resolve("comm")).contains("CompilerThre");
      String times = Files.readString(thread.resolve("schedstat"));
      return compiler ? 0 : Long.parseLong(times.substring(0, times.indexOf(' ')));
    } catch (NoSuchFileException e) {
      return 0; // It has just ended.
    }
  }
}
