package io.ovation.store.embedded;

import java.nio.ByteBuffer;

/**
 * A stream's state beside its history, in the order in which it is written. Times are milliseconds
 * since 1970.
 *
 * @param last the highest offset given out
 * @param dropped the highest offset that history dropped; entries up to it are invisible
 * @param count visible entries
 * @param historyDue when history expires
 * @param stateDue when this state expires
 * @param indexed where {@link ExpiryIndex} holds it: at or before the next of these times
 * @param bytes of the visible events
 */
record StoredStream(
    long last, long dropped, long count, long historyDue, long stateDue, long indexed, long bytes) {
  static final StoredStream NEW = new StoredStream(0, 0, 0, 0, 0, Long.MAX_VALUE, 0);

  /** As of now: an expired history holds nothing. */
  StoredStream at(long now) {
    if (stateDue <= now) {
      return new StoredStream(0, last, 0, 0, 0, indexed, 0);
    }
    return historyDue <= now
        ? new StoredStream(last, last, 0, historyDue, stateDue, indexed, 0)
        : this;
  }

  StoredStream withIndexed(long time) {
    return new StoredStream(last, dropped, count, historyDue, stateDue, time, bytes);
  }

  StoredStream withDropped(long offset, long left, long leftBytes) {
    return new StoredStream(last, offset, left, historyDue, stateDue, indexed, leftBytes);
  }

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(56);
    out.putLong(last).putLong(dropped).putLong(count);
    out.putLong(historyDue).putLong(stateDue).putLong(indexed).putLong(bytes);
    return out.array();
  }

  static StoredStream decode(byte[] bytes) {
    long[] fields = new long[7];
    ByteBuffer.wrap(bytes).asLongBuffer().get(fields);
    return new StoredStream(
        fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]);
  }
}
