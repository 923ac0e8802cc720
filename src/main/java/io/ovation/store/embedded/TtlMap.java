package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Versioned;
import java.nio.ByteBuffer;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * Versioned values that end. Plain keys are records whose version nobody asks for. Each is its due
 * time (ms since 1970), its version, its text.
 */
final class TtlMap {
  private final MVMap<String, byte[]> map;
  private final char kind;
  private final ExpiryIndex due;

  TtlMap(MVMap<String, byte[]> map, char kind, ExpiryIndex due) {
    this.map = map;
    this.kind = kind;
    this.due = due;
  }

  /** What is there now, if it has not expired. Any thread. */
  @Nullable Versioned get(String key, long now) {
    byte[] bytes = map.get(key);
    if (bytes == null) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getLong() <= now) {
      return null;
    }
    long version = in.getLong();
    return new Versioned(version, new String(bytes, 16, bytes.length - 16, UTF_8));
  }

  /** Disk thread. */
  void put(String key, long version, String value, long end) {
    remove(key);
    byte[] text = value.getBytes(UTF_8);
    map.put(
        key, ByteBuffer.allocate(16 + text.length).putLong(end).putLong(version).put(text).array());
    due.add(kind, key, end);
  }

  /** Disk thread. */
  void remove(String key) {
    byte[] old = map.remove(key);
    if (old != null) {
      due.remove(kind, key, ByteBuffer.wrap(old).getLong());
    }
  }
}
