package io.ovation.chaos;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What happened in a run, and when the store was in trouble: only then may a viewer be told a gap,
 * and only what was lost may come again. Thread-safe.
 */
final class Timeline {
  /** What Redis does when a fault begins may be a moment older than the fault. */
  private static final long AT_ONCE_MICROS = 250_000;

  /** Within this an accepted reaction or package is stored, if nothing is broken. */
  private static final long EFFECT_MICROS = 3_000_000;

  private final long begun = System.nanoTime();
  private final List<String> lines = new ArrayList<>();
  private final List<Span> storeTroubles = new ArrayList<>();
  private final List<Loss> losses = new ArrayList<>();

  /** Microseconds since the epoch, as offsets are; both ends are included. */
  record Span(long from, long to) {
    boolean touches(long low, long high) {
      return from - AT_ONCE_MICROS <= high && low <= to;
    }
  }

  /**
   * @param written what was written then is gone
   * @param faults since when something was broken: what was accepted since then may be written late
   */
  private record Loss(Span written, long faults) {
    boolean mayConcern(long accepted) {
      return faults - EFFECT_MICROS <= accepted && accepted <= written.to();
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

  /** The store could not be used by all nodes between these times. */
  synchronized void storeTrouble(long from, long to) {
    storeTroubles.add(new Span(from, to));
  }

  /**
   * Everything written between the first two times is gone.
   *
   * @param faults since when something was broken
   */
  synchronized void dataLoss(long from, long to, long faults) {
    losses.add(new Loss(new Span(from, to), faults));
  }

  /** Whether the store was away or lost data at some time between these offsets. */
  synchronized boolean storeTroubled(long from, long to) {
    return storeTroubles.stream().anyMatch(span -> span.touches(from, to));
  }

  /** Whether what was stored under this offset may be gone. */
  synchronized boolean mayBeLost(long offset) {
    return losses.stream().anyMatch(loss -> loss.written().touches(offset, offset));
  }

  /** Whether the effect of what was accepted at this time may be gone. */
  synchronized boolean effectMayBeLost(long accepted) {
    return losses.stream().anyMatch(loss -> loss.mayConcern(accepted));
  }
}
