package io.ovation.store.embedded;

import java.nio.ByteBuffer;

/**
 * What is known of a stream beside its history. Times are milliseconds since 1970.
 *
 * @param last the highest offset given out
 * @param dropped the highest offset that history dropped; entries up to it are invisible
 * @param count visible entries
 * @param bytes of the visible events
 * @param historyDue when history ends
 * @param forgetDue when all of it ends
 * @param indexed where the due index holds it; at or before the next due time
 */
record StreamState(
    long last,
    long dropped,
    long count,
    long bytes,
    long historyDue,
    long forgetDue,
    long indexed) {
  static final StreamState NEW = new StreamState(0, 0, 0, 0, 0, 0, Long.MAX_VALUE);

  /** As of now: an expired history holds nothing. */
  StreamState at(long now) {
    if (forgetDue <= now) {
      return new StreamState(0, last, 0, 0, 0, 0, indexed);
    }
    return historyDue <= now
        ? new StreamState(last, last, 0, 0, historyDue, forgetDue, indexed)
        : this;
  }

  StreamState withIndexed(long time) {
    return new StreamState(last, dropped, count, bytes, historyDue, forgetDue, time);
  }

  StreamState withDropped(long offset, long left, long leftBytes) {
    return new StreamState(last, offset, left, leftBytes, historyDue, forgetDue, indexed);
  }

  byte[] encode() {
    return ByteBuffer.allocate(56)
        .putLong(last)
        .putLong(dropped)
        .putLong(count)
        .putLong(historyDue)
        .putLong(forgetDue)
        .putLong(indexed)
        .putLong(bytes)
        .array();
  }

  static StreamState decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long last = in.getLong();
    long dropped = in.getLong();
    long count = in.getLong();
    long historyDue = in.getLong();
    long forgetDue = in.getLong();
    long indexed = in.getLong();
    // What was written before bytes were counted counts for nothing.
    long kept = in.hasRemaining() ? in.getLong() : 0;
    return new StreamState(last, dropped, count, kept, historyDue, forgetDue, indexed);
  }
}
