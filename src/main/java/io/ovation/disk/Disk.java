package io.ovation.disk;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;

/**
 * The node's one crash-safe file, {@code ovation.mv}, shared by the embedded queue and the embedded
 * store. A single thread runs every mutation and syncs the file once for all mutations that arrived
 * meanwhile (group commit).
 */
public interface Disk extends AutoCloseable {

  /** Opens a named map; returns the same one if it is open. */
  <K, V> MVMap<K, V> map(String name, MVMap.Builder<K, V> type);

  /**
   * Runs {@code mutation} on the disk thread, after all earlier ones. The future completes, on the
   * caller's context, with its result when the file is synced; then the change survives {@code kill
   * -9}. Fails, with nothing changed, if the mutation throws. Fails with {@link DiskUnavailable} at
   * once if too many mutations are pending or the file can't be written.
   */
  <T> Future<T> write(Supplier<T> mutation);

  /** False after a write failed or while the volume is full. */
  boolean healthy();

  /** Runs the queued mutations, syncs and closes the file. Blocks for a bounded time. */
  @Override
  void close();
}
