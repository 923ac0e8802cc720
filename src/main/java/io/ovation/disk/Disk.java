package io.ovation.disk;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;

/**
 * The node's one crash-safe file, {@code ovation.mv}, shared by the embedded queue and the embedded
 * store. A single thread runs every mutation and syncs the file once for all that gathered
 * meanwhile (group commit).
 */
public interface Disk extends AutoCloseable {

  /** Opens (or finds open) a named map. */
  <K, V> MVMap<K, V> map(String name, MVMap.Builder<K, V> type);

  /**
   * Runs {@code mutation} on the disk thread, after all handed in before it. The future completes,
   * on the caller's context, with its result when the file is synced; then the change survives
   * {@code kill -9}. Fails, with nothing changed, if the mutation throws; fails with {@link
   * DiskUnavailable} at once if too many wait already or the file can't be written.
   */
  <T> Future<T> write(Supplier<T> mutation);

  /** False once writing failed (disk full, file gone). */
  boolean healthy();

  /** Syncs what is queued and closes the file. Blocks, bounded. */
  @Override
  void close();
}
