package io.ovation.store.embedded;

import io.ovation.disk.Disk;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * What the store keeps in the file. Changing a name or a format loses what is kept under the old
 * one.
 *
 * @param epochs partition → its epoch
 * @param streams {@code partition/stream} → {@link StoredStream}
 * @param entries {@code partition/stream/…} → event or hole, in order: {@link HistoryEntries}
 * @param ids {@code partition/stream/length of user/user/id} → {@link AppendedId}
 * @param values what {@code put} wrote, after when it ends
 * @param records versioned records, after when they end
 * @param reactions {@code partition/stream} → totals of reactions
 * @param numbers {@code partition/block/source} → which batches of reactions are in them
 * @param facts facts of the installation
 * @param sightings object → when its entry ends and when it was seen last
 * @param heard object → when it is forgotten that there was an entry
 * @param due when what ends: {@link ExpiryIndex}
 */
record StoreMaps(
    MVMap<String, Long> epochs,
    MVMap<String, byte[]> streams,
    MVMap<String, byte[]> entries,
    MVMap<String, byte[]> ids,
    MVMap<String, byte[]> values,
    MVMap<String, byte[]> records,
    MVMap<String, byte[]> reactions,
    MVMap<String, byte[]> numbers,
    MVMap<String, String> facts,
    MVMap<Long, byte[]> sightings,
    MVMap<Long, Long> heard,
    MVMap<String, String> due) {

  static StoreMaps open(Disk disk) {
    return new StoreMaps(
        disk.map(
            "store.epochs",
            new MVMap.Builder<String, Long>()
                .keyType(StringDataType.INSTANCE)
                .valueType(LongDataType.INSTANCE)),
        bytes(disk, "store.streams"),
        bytes(disk, "store.entries"),
        bytes(disk, "store.ids"),
        bytes(disk, "store.values"),
        bytes(disk, "store.records"),
        bytes(disk, "store.reactions"),
        bytes(disk, "store.numbers"),
        text(disk, "store.facts"),
        disk.map(
            "store.sightings",
            new MVMap.Builder<Long, byte[]>()
                .keyType(LongDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE)),
        disk.map(
            "store.heard",
            new MVMap.Builder<Long, Long>()
                .keyType(LongDataType.INSTANCE)
                .valueType(LongDataType.INSTANCE)),
        text(disk, "store.due"));
  }

  private static MVMap<String, byte[]> bytes(Disk disk, String name) {
    return disk.map(
        name,
        new MVMap.Builder<String, byte[]>()
            .keyType(StringDataType.INSTANCE)
            .valueType(ByteArrayDataType.INSTANCE));
  }

  private static MVMap<String, String> text(Disk disk, String name) {
    return disk.map(
        name,
        new MVMap.Builder<String, String>()
            .keyType(StringDataType.INSTANCE)
            .valueType(StringDataType.INSTANCE));
  }
}
