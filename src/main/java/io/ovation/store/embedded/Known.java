package io.ovation.store.embedded;

import java.nio.ByteBuffer;

/**
 * The memory of an appended id.
 *
 * @param due when it ends, milliseconds since 1970
 */
record Known(long offset, long previous, long due) {

  byte[] encode() {
    return ByteBuffer.allocate(24).putLong(offset).putLong(previous).putLong(due).array();
  }

  static Known decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Known(in.getLong(), in.getLong(), in.getLong());
  }
}
