package io.ovation.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * Keeps the MVStore file and the redo log one behind the other. Changes are made in MVStore's
 * memory and synced in the log. A checkpoint commits them to the MVStore file, after which the log
 * starts empty. Each commit has a name, which is in the file and in the log's records: so a log is
 * never applied to another commit than the one that it follows.
 *
 * <p>A map's changes are applied when the map is opened, for only then its types are known. Those
 * of a map that is not opened are kept.
 */
final class Checkpointer implements AutoCloseable {
  /** Bytes of the log at which it is time; bounds how much is applied after a crash. */
  private static final long LOG_BYTES = 64L << 20;

  /** MVStore's estimate of changed pages in memory at which it is time. */
  private static final int MEMORY_BYTES = 32 << 20;

  /** Under a lasting load a page that changes often is written once in this time. */
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final String NAME = "name";

  private final MVStore store;
  private final RedoLog redo;
  private final LongSupplier nanos;
  private final MVMap<String, Long> commit;

  /** Map → changes, of maps that were not open at the last checkpoint. */
  private final MVMap<String, byte[]> kept;

  /** Map → changes that are applied when it is opened. */
  private final Map<String, ByteBuffer> unapplied = new HashMap<>();

  private long last;

  /** Opens the log and reads what follows the file's last commit. */
  Checkpointer(MVStore store, Path dir, LongSupplier nanos) throws IOException {
    this.store = store;
    this.nanos = nanos;
    this.redo = new RedoLog(dir);
    MVMap.Builder<String, Long> names = new MVMap.Builder<>();
    names.keyType(StringDataType.INSTANCE).valueType(LongDataType.INSTANCE);
    MVMap.Builder<String, byte[]> changes = new MVMap.Builder<>();
    changes.keyType(StringDataType.INSTANCE).valueType(ByteArrayDataType.INSTANCE);
    commit = store.openMap("disk.commit", names);
    kept = store.openMap("disk.unapplied", changes);
    last = nanos.getAsLong();
    Long name = commit.get(NAME);
    if (name == null) {
      run();
    } else {
      kept.forEach((map, bytes) -> unapplied.put(map, ByteBuffer.wrap(bytes)));
      redo.read(name).forEach((map, bytes) -> unapplied.merge(map, bytes, Checkpointer::join));
    }
  }

  private static ByteBuffer join(ByteBuffer first, ByteBuffer second) {
    int length = first.remaining() + second.remaining();
    return ByteBuffer.allocate(length).put(first).put(second).flip();
  }

  RedoLog redo() {
    return redo;
  }

  /** Applies what the log has for a map that was just opened. With the store's lock held. */
  <K, V> void apply(MVMap<K, V> map, RedoLog.Change<K, V> change) {
    ByteBuffer changes = unapplied.remove(map.getName());
    if (changes != null) {
      RedoLog.replay(changes, map, change);
      kept.remove(map.getName());
    }
  }

  /** Whether the log has records. */
  boolean dirty() {
    return redo.size() > 0;
  }

  /** Whether a checkpoint should be made now though changes keep coming. */
  boolean due() {
    return dirty()
        && (redo.size() >= LOG_BYTES
            || store.getUnsavedMemory() >= MEMORY_BYTES
            || nanos.getAsLong() - last >= INTERVAL_NANOS);
  }

  /** With the store's lock held, between two groups. */
  void run() {
    long name = ThreadLocalRandom.current().nextLong();
    commit.put(NAME, name);
    unapplied.forEach((map, changes) -> kept.put(map, bytes(changes)));
    store.commit();
    store.sync();
    try {
      redo.begin(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    last = nanos.getAsLong();
  }

  private static byte[] bytes(ByteBuffer changes) {
    byte[] bytes = new byte[changes.remaining()];
    changes.duplicate().get(bytes);
    return bytes;
  }

  @Override
  public void close() {
    try {
      redo.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
