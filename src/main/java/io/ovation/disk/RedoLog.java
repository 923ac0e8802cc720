package io.ovation.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.WriteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The changes since MVStore's last commit, in a file of their own, {@code <dir>/ovation.redo}.
 * Making a change durable then costs one short write and one sync, where a commit of MVStore writes
 * every changed page as a whole. Disk thread only, once the node has opened it.
 *
 * <p>A record holds the changes of one group: 8 bytes that name the commit it follows, the length
 * and a checksum of the rest, then the changes. A change is its length, the number of its map, the
 * key, and the value or nothing; behind the changes are the maps' names. After a commit the file is
 * written again from its start; what is left there follows an earlier commit, and is not read.
 */
final class RedoLog implements AutoCloseable {
  static final String NAME = "ovation.redo";

  private static final int HEADER = 8 + 4 + 4;

  /** The file is cut to it when it is written again from the start. */
  private static final long KEPT_BYTES = 64L << 20;

  private static final int BUFFER = 64 << 10;

  private final FileChannel file;
  private final Map<String, Integer> numbers = new LinkedHashMap<>();

  /** The record that is being made, its header included. */
  private WriteBuffer record = new WriteBuffer(BUFFER);

  private long commit;
  private long end;

  RedoLog(Path dir) throws IOException {
    file =
        FileChannel.open(
            dir.resolve(NAME),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    record.position(HEADER);
  }

  /** The bytes of changes that are not synced. */
  int pending() {
    return record.position() - HEADER;
  }

  /** The bytes of records since the commit. */
  long size() {
    return end;
  }

  /**
   * Adds a change.
   *
   * @param value null if the key was removed
   */
  <K, V> void add(MVMap<K, V> map, K key, @Nullable V value) {
    int start = record.position();
    record.putInt(0).putInt(numbers.computeIfAbsent(map.getName(), name -> numbers.size()));
    record.put((byte) (value == null ? 0 : 1));
    map.getKeyType().write(record, key);
    if (value != null) {
      map.getValueType().write(record, value);
    }
    record.putInt(start, record.position() - start);
  }

  /** Forgets the changes from a place on that {@link #pending} returned. */
  void cut(int pending) {
    record.position(HEADER + pending);
  }

  /** Makes all changes that were added durable. */
  void sync() {
    int changes = pending();
    record.putInt(numbers.size());
    for (String name : numbers.keySet()) {
      record.putVarInt(name.length()).putStringData(name, name.length());
    }
    record.putInt(changes);
    ByteBuffer bytes = record.getBuffer();
    bytes.flip();
    int length = bytes.limit() - HEADER;
    bytes.putLong(0, commit).putInt(8, length).putInt(12, checksum(bytes.slice(HEADER, length)));
    try {
      while (bytes.hasRemaining()) {
        end += file.write(bytes, end);
      }
      file.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + NAME + ": " + e.getMessage(), e);
    }
    newRecord();
  }

  private void newRecord() {
    record = record.capacity() > 16 * BUFFER ? new WriteBuffer(BUFFER) : record.clear();
    record.position(HEADER);
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return (int) sum.getValue();
  }

  /** From now on records follow the commit with this name. All changes are in it. */
  void begin(long name) throws IOException {
    commit = name;
    end = 0;
    newRecord();
    numbers.clear();
    if (file.size() > KEPT_BYTES) {
      file.truncate(KEPT_BYTES);
    }
  }

  /**
   * Reads the changes of all whole records that follow a commit, by map; further records will
   * follow them. A record that is not whole was not confirmed to anybody.
   */
  Map<String, ByteBuffer> read(long name) throws IOException {
    commit = name;
    end = 0;
    Map<String, WriteBuffer> changes = new LinkedHashMap<>();
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    while (readAll(header.clear(), end) && header.flip().getLong() == name) {
      int length = header.getInt();
      int sum = header.getInt();
      ByteBuffer body = bodyAt(end + HEADER, length, sum);
      if (body == null) {
        break;
      }
      split(body, changes);
      end += HEADER + length;
    }
    Map<String, ByteBuffer> all = new LinkedHashMap<>();
    changes.forEach((map, bytes) -> all.put(map, bytes.getBuffer().flip()));
    return all;
  }

  private @Nullable ByteBuffer bodyAt(long at, int length, int sum) throws IOException {
    if (length < 8 || length > file.size() - at) {
      return null;
    }
    ByteBuffer body = ByteBuffer.allocate(length);
    if (!readAll(body, at)) {
      return null;
    }
    return checksum(body.flip().duplicate()) == sum ? body : null;
  }

  private boolean readAll(ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      int read = file.read(bytes, at);
      if (read < 0) {
        return false;
      }
      at += read;
    }
    return true;
  }

  private static void split(ByteBuffer body, Map<String, WriteBuffer> changes) {
    int end = body.getInt(body.limit() - 4);
    ByteBuffer tail = body.duplicate().position(end);
    String[] names = new String[tail.getInt()];
    for (int i = 0; i < names.length; i++) {
      names[i] = DataUtils.readString(tail);
    }
    for (int at = 0; at < end; ) {
      int length = body.getInt(at);
      String map = names[body.getInt(at + 4)];
      changes.computeIfAbsent(map, m -> new WriteBuffer()).put(body.slice(at, length));
      at += length;
    }
  }

  /** Makes the changes that {@link #read} returned for a map, in their order. */
  static <K, V> void replay(ByteBuffer changes, MVMap<K, V> types, Change<K, V> change) {
    while (changes.hasRemaining()) {
      changes.position(changes.position() + 8);
      boolean put = changes.get() == 1;
      K key = types.getKeyType().read(changes);
      change.make(key, put ? types.getValueType().read(changes) : null);
    }
  }

  /** A change to a map. */
  interface Change<K, V> {
    void make(K key, @Nullable V value);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
