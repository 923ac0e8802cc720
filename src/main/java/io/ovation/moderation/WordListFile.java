package io.ovation.moderation;

import io.ovation.config.ConfigException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The word list of {@code moderation.words}. The file is looked at every few seconds; a changed one
 * takes effect without a restart, and one that is not valid leaves the list as it was. Any thread.
 */
public final class WordListFile implements Supplier<WordList> {
  private static final Logger log = LoggerFactory.getLogger(WordListFile.class);
  private static final long CHECK_MS = 5_000;

  private final Path file;
  private volatile WordList words;
  private volatile FileTime changed;

  /**
   * Reads the file; blocks.
   *
   * @throws ConfigException if it can't be read, or is not valid
   */
  public WordListFile(Path file) {
    this.file = file;
    try {
      changed = Files.getLastModifiedTime(file);
      words = new WordList(Files.readAllLines(file));
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException("moderation.words: " + file + ": " + e.getMessage());
    }
  }

  public void watch(Vertx vertx) {
    vertx.setPeriodic(CHECK_MS, t -> vertx.executeBlocking(this::reload, false));
  }

  Void reload() {
    try {
      FileTime now = Files.getLastModifiedTime(file);
      if (!now.equals(changed)) {
        changed = now;
        words = new WordList(Files.readAllLines(file));
        log.info("the word list was read again from {}", file);
      }
    } catch (IOException | RuntimeException e) {
      log.error("{} can't be used; the word list stays as it was: {}", file, e.getMessage());
    }
    return null;
  }

  @Override
  public WordList get() {
    return words;
  }
}
