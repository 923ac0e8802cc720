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
record StoredStream(
    long last,
    long dropped,
    long count,
    long bytes,
    long historyDue,
    long forgetDue,
    long indexed) {
  static final StoredStream NEW = new StoredStream(0, 0, 0, 0, 0, 0, Long.MAX_VALUE);

  /** As of now: an expired history holds nothing. */
  StoredStream at(long now) {
    if (forgetDue <= now) {
      return new StoredStream(0, last, 0, 0, 0, 0, indexed);
    }
    return historyDue <= now
        ? new StoredStream(last, last, 0, 0, historyDue, forgetDue, indexed)
        : this;
  }

  StoredStream withIndexed(long time) {
    return new StoredStream(last, dropped, count, bytes, historyDue, forgetDue, time);
  }

  StoredStream withDropped(long offset, long left, long leftBytes) {
    return new StoredStream(last, offset, left, leftBytes, historyDue, forgetDue, indexed);
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

  static StoredStream decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long last = in.getLong();
    long dropped = in.getLong();
    long count = in.getLong();
    long historyDue = in.getLong();
    long forgetDue = in.getLong();
    long indexed = in.getLong();
    // What was written before bytes were counted counts for nothing.
    long kept = in.hasRemaining() ? in.getLong() : 0;
    return new StoredStream(last, dropped, count, kept, historyDue, forgetDue, indexed);
  }
}
