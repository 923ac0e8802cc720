package io.ovation.bench.fanout;

import java.util.Locale;

/** What the benchmark does just now, on standard error. */
final class Progress {
  private static final long BEGUN = System.nanoTime();

  private Progress() {}

  static void say(String format, Object... arguments) {
    long seconds = (System.nanoTime() - BEGUN) / 1_000_000_000;
    System.err.printf(
        Locale.ROOT, "[%2d:%02d] %s%n", seconds / 60, seconds % 60, format.formatted(arguments));
  }
}
