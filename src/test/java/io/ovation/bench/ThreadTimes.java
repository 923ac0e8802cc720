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
 * first minutes.
 */
final class ThreadTimes {
  private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

  /** Of user and system time, counted behind the thread's name; proc(5). */
  private static final int USER = 11;

  private ThreadTimes() {}

  /** Of all threads that live; threads that end take their time with them. */
  static double seconds(long pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      List<Path> threads = tasks.toList();
      long ticks = 0;
      for (Path thread : threads) {
        ticks += ticks(thread);
      }
      return ticks / TICKS_PER_SECOND;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long ticks(Path thread) throws IOException {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      int nameEnds = stat.lastIndexOf(')');
      if (stat.substring(0, nameEnds).contains("CompilerThre")) {
        return 0;
      }
      String[] fields = stat.substring(nameEnds + 2).split(" ", -1);
      return Long.parseLong(fields[USER]) + Long.parseLong(fields[USER + 1]);
    } catch (NoSuchFileException e) {
      return 0; // It has just ended.
    }
  }
}
