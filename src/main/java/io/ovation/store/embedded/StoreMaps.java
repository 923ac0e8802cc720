package io.ovation.store.embedded;

import io.ovation.disk.Disk;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * Opens the store's maps in the file. Changing a name or a format loses what was written under the
 * old one.
 */
final class StoreMaps {
  private final Disk disk;
  final ExpiryIndex expiry;

  StoreMaps(Disk disk) {
    this.disk = disk;
    this.expiry = new ExpiryIndex(text("store.due"));
  }

  MVMap<String, String> text(String name) {
    return open(name, StringDataType.INSTANCE, StringDataType.INSTANCE);
  }

  MVMap<String, Long> numbers(String name) {
    return open(name, StringDataType.INSTANCE, LongDataType.INSTANCE);
  }

  MVMap<String, byte[]> bytes(String name) {
    return open(name, StringDataType.INSTANCE, ByteArrayDataType.INSTANCE);
  }

  ExpiringMap<String> expiring(String name, char kind) {
    return new ExpiringMap<>(bytes(name), expiry, kind, key -> key);
  }

  /** The same with numbers as keys, in their order. */
  ExpiringMap<Long> expiringByNumber(String name, char kind) {
    MVMap<Long, byte[]> map = open(name, LongDataType.INSTANCE, ByteArrayDataType.INSTANCE);
    return new ExpiringMap<>(map, expiry, kind, Long::valueOf);
  }

  private <K, V> MVMap<K, V> open(String name, DataType<K> key, DataType<V> value) {
    return disk.map(name, new MVMap.Builder<K, V>().keyType(key).valueType(value));
  }
}
