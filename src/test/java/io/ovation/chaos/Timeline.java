package io.ovation.chaos;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What happened in a run, and when the store was in trouble: only then may a viewer be told a gap,
 * and only what was lost may come again. Thread-safe.
 */
final class Timeline {
  /** An owner may go on from its own last offset for a while before it notices, and after. */
  private static final long SLACK_MICROS = 15_000_000;

  private final long begun = System.nanoTime();
  private final List<String> lines = new ArrayList<>();
  private final List<Span> storeTroubles = new ArrayList<>();
  private final List<Span> dataLosses = new ArrayList<>();

  /** Microseconds since the epoch, as offsets are; both ends are included. */
  record Span(long from, long to) {
    boolean touches(long low, long high) {
      return from - SLACK_MICROS <= high && low <= to + SLACK_MICROS;
    }
  }

  static long nowMicros() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
  }

  String timed(String line) {
    return timed(System.nanoTime(), line);
  }

  /** The line with the time of the run at which it happened. */
  String timed(long nanos, String line) {
    return "[%6.1f s] %s".formatted((nanos - begun) / 1e9, line);
  }

  double seconds() {
    return (System.nanoTime() - begun) / 1e9;
  }

  synchronized void say(String line) {
    lines.add(timed(line));
    System.out.println(lines.get(lines.size() - 1));
  }

  /** The newest {@code count} lines. */
  synchronized List<String> last(int count) {
    return List.copyOf(lines.subList(Math.max(0, lines.size() - count), lines.size()));
  }

  synchronized void storeTrouble(long from, long to) {
    storeTroubles.add(new Span(from, to));
  }

  /** Everything written between these times is gone. */
  synchronized void dataLoss(long from, long to) {
    dataLosses.add(new Span(from, to));
  }

  /** Whether the store was away or lost data at about the time of these offsets. */
  synchronized boolean storeTroubled(long from, long to) {
    return storeTroubles.stream().anyMatch(span -> span.touches(from, to));
  }

  /** Whether what was stored at about this time may be gone. */
  synchronized boolean mayBeLost(long micros) {
    return dataLosses.stream().anyMatch(span -> span.touches(micros, micros));
  }
}
