package io.ovation.supervise.watch;

/**
 * The offset between another node's {@link System#nanoTime} and ours, estimated from the message of
 * it that travelled fastest, so that a delayed message makes nothing that it reports look later.
 * Not thread-safe.
 */
final class ClockOffset {
  /** Two clocks drift apart by less than one part in this; quartz stays within a tenth of it. */
  private static final long DRIFT = 10_000;

  final String id;
  private boolean known;
  private long receivedAt;
  private long offset;

  /**
   * @param id the node
   */
  ClockOffset(String id) {
    this.id = id;
  }

  /** A message was sent by the node's clock and received by ours, in nanoseconds. */
  void received(long sent, long now) {
    long seen = now - sent;
    long before = offset + (now - receivedAt) / DRIFT;
    offset = known ? Math.min(seen, before) : seen;
    known = true;
    receivedAt = now;
  }

  /** Converts a time of the node's clock to ours. */
  long here(long there) {
    return there + offset;
  }
}
