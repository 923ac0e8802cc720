package io.ovation.store.embedded;

import java.nio.ByteBuffer;

/**
 * The memory of an appended id.
 *
 * @param due when it ends, milliseconds since 1970
 */
record AppendedId(long offset, long previous, long due) {

  byte[] encode() {
    return ByteBuffer.allocate(24).putLong(offset).putLong(previous).putLong(due).array();
  }

  static AppendedId decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new AppendedId(in.getLong(), in.getLong(), in.getLong());
  }
}
