package io.ovation.store.embedded;

import java.nio.ByteBuffer;
import java.util.function.Function;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * A map whose values expire. A value is stored behind the time of its expiry, in milliseconds; it
 * is invisible from then on, and {@link ExpiryIndex} removes it later. Disk thread only, but for
 * {@link #get}.
 */
final class ExpiringMap<K> {
  private final MVMap<K, byte[]> map;
  private final ExpiryIndex index;
  private final char kind;

  ExpiringMap(MVMap<K, byte[]> map, ExpiryIndex index, char kind, Function<String, K> parse) {
    this.map = map;
    this.index = index;
    this.kind = kind;
    index.onExpiry(kind, (key, indexed, now) -> expired(parse.apply(key), now));
  }

  MVMap<K, byte[]> map() {
    return map;
  }

  /** The value, from the buffer's position on; null if there is none or it has expired. */
  @Nullable ByteBuffer get(K key, long now) {
    byte[] bytes = map.get(key);
    ByteBuffer value = bytes == null ? null : ByteBuffer.wrap(bytes).position(Long.BYTES);
    return value == null || expiry(value) <= now ? null : value;
  }

  /** When a value that {@link #get} returned expires. */
  static long expiry(ByteBuffer value) {
    return value.getLong(0);
  }

  void put(K key, long expiry, byte[] value) {
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES + value.length).putLong(expiry).put(value).array();
    if (map.put(key, bytes) == null) {
      index.add(kind, key.toString(), expiry);
    }
  }

  /** The index holds a value where it first expired; it may live longer since. */
  private @Nullable Long expired(K key, long now) {
    ByteBuffer value = get(key, now);
    if (value != null) {
      return expiry(value);
    }
    map.remove(key);
    return null;
  }
}
