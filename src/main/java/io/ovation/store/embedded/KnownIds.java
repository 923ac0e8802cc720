package io.ovation.store.embedded;

import io.ovation.store.Store.Appended;
import java.nio.ByteBuffer;

/** What is remembered of an id: its answer, or that its comment was deleted. */
final class KnownIds {
  private KnownIds() {}

  static byte[] encode(Appended answer) {
    return ByteBuffer.allocate(24)
        .putLong(answer.offset())
        .putLong(answer.previous())
        .putLong(answer.ownPrevious())
        .array();
  }

  static byte[] deleted(long offset, long previous, long ownPrevious) {
    return ByteBuffer.allocate(25).putLong(offset).putLong(previous).putLong(ownPrevious).array();
  }

  static Appended decode(ByteBuffer known) {
    long offset = known.getLong();
    long previous = known.getLong();
    boolean deleted = known.remaining() % Long.BYTES == 1;
    long ownPrevious = known.remaining() >= Long.BYTES ? known.getLong() : 0;
    return new Appended(offset, previous, true, deleted, ownPrevious, false);
  }
}
