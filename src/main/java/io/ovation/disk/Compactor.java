package io.ovation.disk;

import org.h2.mvstore.MVStore;
import org.h2.mvstore.RandomAccessStore;

/**
 * Reclaims the space of removed entries, in steps short enough to run between two groups. Runs on
 * the disk thread: MVStore's own background thread would commit half a group.
 */
final class Compactor {
  /** Under load compaction follows checkpoints, when a commit writes little else. */
  static final int STEPS_PER_CHECKPOINT = 3;

  /** Chunks with less live data than this are rewritten; MVStore's own default is 90. */
  private static final int FILL_PERCENT = 60;

  private static final int REWRITE_BYTES = 256 << 10;
  private static final long MOVE_BYTES = 1L << 20;

  /** A smaller file is not compacted when idle. */
  private static final long SMALL_FILE = 1L << 20;

  private final MVStore store;
  private int steps;

  Compactor(MVStore store) {
    this.store = store;
  }

  void afterCheckpoint() {
    steps = 0;
    for (int i = 0; i < STEPS_PER_CHECKPOINT && (sparse() || holes()); i++) {
      step();
    }
  }

  /** Whether another {@link #idleStep} may still free space since the last checkpoint. */
  boolean wanted() {
    return steps < 1000 && store.getFileStore().size() > SMALL_FILE && (sparse() || holes());
  }

  void idleStep() {
    long before = store.getFileStore().size();
    // No group ran for a while, so no reader still uses what the last groups replaced.
    store.setVersionsToKeep(0);
    store.getFileStore().dropUnusedChunks();
    step();
    store.setVersionsToKeep(MvFile.VERSIONS);
    // A rewrite frees space only in the next step, so a few steps without gain are normal.
    steps += store.getFileStore().size() < before ? 1 : 50;
  }

  private void step() {
    if (sparse() && store.compact(FILL_PERCENT, REWRITE_BYTES)) {
      store.commit();
      store.sync();
    }
    if (holes() && store.getFileStore() instanceof RandomAccessStore file) {
      file.compactMoveChunks(FILL_PERCENT, MOVE_BYTES, store);
    }
  }

  private boolean sparse() {
    return store.getFileStore().getChunksFillRate() < FILL_PERCENT;
  }

  private boolean holes() {
    return store.getFileStore().getFillRate() < FILL_PERCENT;
  }
}
