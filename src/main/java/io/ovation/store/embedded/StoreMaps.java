package io.ovation.store.embedded;

import io.ovation.disk.Disk;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * The store's maps in the file. Changing a name or a format loses what was written under the old
 * one.
 *
 * @param epochs partition → its epoch
 * @param streams {@code partition/stream} → {@link StoredStream}
 * @param entries {@code partition/stream/…} → event or hole, in order: {@link HistoryEntries}
 * @param ids {@code partition/stream/length of user/user/id} → offset, offset before it, expiry
 * @param records key → expiry and record
 * @param reactions {@code partition/stream} → expiry and totals of reactions
 * @param numbers {@code partition/block/source} → expiry and which batches were added
 * @param facts facts of the installation
 * @param sightings object → expiry and when it was last seen
 * @param seenBefore object → until when it is known that it had a sighting
 * @param due what expires when: {@link ExpiryIndex}
 */
record StoreMaps(
    MVMap<String, Long> epochs,
    MVMap<String, byte[]> streams,
    MVMap<String, byte[]> entries,
    MVMap<String, byte[]> ids,
    MVMap<String, byte[]> records,
    MVMap<String, byte[]> reactions,
    MVMap<String, byte[]> numbers,
    MVMap<String, String> facts,
    MVMap<Long, byte[]> sightings,
    MVMap<Long, Long> seenBefore,
    MVMap<String, String> due) {

  static StoreMaps open(Disk disk) {
    DataType<String> text = StringDataType.INSTANCE;
    DataType<byte[]> bytes = ByteArrayDataType.INSTANCE;
    DataType<Long> number = LongDataType.INSTANCE;
    return new StoreMaps(
        map(disk, "store.epochs", text, number),
        map(disk, "store.streams", text, bytes),
        map(disk, "store.entries", text, bytes),
        map(disk, "store.ids", text, bytes),
        map(disk, "store.records", text, bytes),
        map(disk, "store.reactions", text, bytes),
        map(disk, "store.numbers", text, bytes),
        map(disk, "store.facts", text, text),
        map(disk, "store.sightings", number, bytes),
        map(disk, "store.heard", number, number),
        map(disk, "store.due", text, text));
  }

  private static <K, V> MVMap<K, V> map(
      Disk disk, String name, DataType<K> key, DataType<V> value) {
    return disk.map(name, new MVMap.Builder<K, V>().keyType(key).valueType(value));
  }
}
