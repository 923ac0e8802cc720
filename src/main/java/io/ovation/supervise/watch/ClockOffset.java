package io.ovation.supervise.watch;

/**
 * A node whose connections are kept here, and how its clock stands to ours: by the message of it
 * that travelled least, so that a message that was held up makes nothing it tells look later. Not
 * thread-safe.
 */
final class ClockOffset {
  /** Clocks part by less than one part in so many; quartz keeps to a tenth of that. */
  private static final long DRIFT = 10_000;

  final String id;
  private boolean known;
  private long heardAt;
  private long behind;

  ClockOffset(String id) {
    this.id = id;
  }

  /** A message came; both by {@link System#nanoTime}, there and here. */
  void heard(long sent, long now) {
    long seen = now - sent;
    long before = behind + (now - heardAt) / DRIFT;
    behind = known ? Math.min(seen, before) : seen;
    known = true;
    heardAt = now;
  }

  /** A moment of its clock, by ours. */
  long here(long there) {
    return there + behind;
  }
}
