package io.ovation.disk;

import io.ovation.config.ConfigException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/** Opens the file, configured so that only the disk thread commits to it. */
final class MvFile {
  static final String NAME = "ovation.mv";

  /**
   * Commits after which the space of replaced pages is reused. Until then a short look-up on
   * another thread may still read them.
   */
  static final int VERSIONS = 2 * (1 + Compactor.STEPS_PER_CHECKPOINT);

  /**
   * Approximate bytes of a page. A changed page is written whole, and comments change pages all
   * over several maps; MVStore's default is 16 KiB.
   */
  static final int PAGE = 4 * 1024;

  private MvFile() {}

  static MVStore open(Path dir) {
    requireDirectory(dir.toAbsolutePath());
    Path file = dir.resolve(NAME);
    try {
      PrivateDirectory.create(dir);
      MVStore store =
          new MVStore.Builder()
              .fileName(file.toString())
              .autoCommitDisabled()
              .autoCommitBufferSize(0) // Else a large mutation is committed half done.
              .pageSplitSize(PAGE)
              .open();
      // Every version is synced before the next begins, so free space can be reused at once.
      store.setRetentionTime(0);
      store.setVersionsToKeep(VERSIONS);
      store.sync();
      syncEntry(dir);
      return store;
    } catch (IOException e) {
      throw new DiskUnavailable(
          "Can't use the data directory " + dir.toAbsolutePath() + ": " + e + ".");
    } catch (MVStoreException e) {
      throw new DiskUnavailable(explain(file.toAbsolutePath(), e));
    }
  }

  private static void requireDirectory(Path dir) {
    Path existing = dir;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing != null && !Files.isDirectory(existing)) {
      String text = "data.dir can't be %s: %s is not a directory. Set data.dir (OVATION_DATA_DIR)";
      throw new ConfigException(
          (text + " to one, or to a path that is free.").formatted(dir, existing));
    }
  }

  /** Opens the redo log, once the file is this process' own. */
  static Checkpointer recover(MVStore store, Path dir) {
    try {
      Checkpointer checkpoints = new Checkpointer(store, dir, System::nanoTime);
      syncEntry(dir);
      return checkpoints;
    } catch (IOException | RuntimeException e) {
      store.closeImmediately();
      throw new DiskUnavailable(
          "Can't use " + dir.resolve(RedoLog.NAME).toAbsolutePath() + ": " + e + ".");
    }
  }

  /** Makes the directory entry of a new file survive a power cut. */
  private static void syncEntry(Path dir) throws IOException {
    try (FileChannel entry = FileChannel.open(dir, StandardOpenOption.READ)) {
      entry.force(true);
    }
  }

  private static String explain(Path file, MVStoreException e) {
    if (e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
      return "Another process uses "
          + file
          + ". One directory serves one node: stop the other one, or set OVATION_DATA_DIR.";
    }
    return "Can't open "
        + file
        + ": "
        + e.getMessage()
        + ". If the file is damaged, restore it from a backup; without the file the server starts"
        + " empty, and its queue and history are lost.";
  }
}
