package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Versioned;
import java.nio.ByteBuffer;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Versioned records. Stored as expiry time (ms since 1970), version, text. */
final class EmbeddedRecords {
  private static final Versioned NONE = new Versioned(0, "");

  private final MVMap<String, byte[]> map;
  private final ExpiryIndex expiry;

  EmbeddedRecords(StoreMaps maps, ExpiryIndex expiry) {
    this.map = maps.records();
    this.expiry = expiry;
    expiry.onExpiry(ExpiryIndex.RECORD, (key, indexed, now) -> ExpiryIndex.remove(map, key));
  }

  /** Any thread. */
  @Nullable Versioned get(String key, long now) {
    byte[] bytes = map.get(key);
    if (bytes == null) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return in.getLong() <= now
        ? null
        : new Versioned(in.getLong(), new String(bytes, 16, bytes.length - 16, UTF_8));
  }

  /** Disk thread only. */
  Versioned compareAndSet(String key, long expected, String value, long now, long ttl) {
    Versioned current = get(key, now);
    long version = current == null ? 0 : current.version();
    if (version != expected) {
      return current == null ? NONE : current;
    }
    byte[] text = value.getBytes(UTF_8);
    ByteBuffer out = ByteBuffer.allocate(16 + text.length);
    out.putLong(now + ttl).putLong(version + 1).put(text);
    byte[] old = map.put(key, out.array());
    if (old != null) {
      expiry.remove(ExpiryIndex.RECORD, key, ByteBuffer.wrap(old).getLong());
    }
    expiry.add(ExpiryIndex.RECORD, key, now + ttl);
    return new Versioned(version + 1, value);
  }
}
