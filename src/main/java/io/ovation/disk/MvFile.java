package io.ovation.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/** Opens the file so that nothing but the disk thread ever commits to it. */
final class MvFile {
  static final String NAME = "ovation.mv";

  /**
   * Space is reused when the versions that saw it are older than this many groups: what a short
   * look-up on another thread may still be reading.
   */
  static final int VERSIONS = 16;

  /**
   * Bytes of a page, about. One comment changes a page in each of several maps, and a changed page
   * is written whole: with MVStore's own 16 KiB that is most of what a busy lone node does.
   */
  static final int PAGE = 4 * 1024;

  private MvFile() {}

  static MVStore open(Path dir) {
    Path file = dir.resolve(NAME);
    try {
      Files.createDirectories(dir);
      MVStore store =
          new MVStore.Builder()
              .fileName(file.toString())
              .autoCommitDisabled()
              .autoCommitBufferSize(0) // Else a large mutation is committed half done.
              .pageSplitSize(PAGE)
              .open();
      // Every version is synced before the next begins, so dead space needs no time of grace.
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

  /** A new file's name must survive a power cut too. */
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
        + ". If the file is damaged, restore it from a backup; moving it away starts empty and"
        + " loses what was queued and kept.";
  }
}
