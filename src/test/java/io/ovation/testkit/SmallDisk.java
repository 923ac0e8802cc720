package io.ovation.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system of a few hundred megabytes in memory, which a test can fill. Linux and root only.
 */
public final class SmallDisk implements AutoCloseable {
  private static final int MIB = 1 << 20;

  private final Path dir;
  private final Path ballast;

  public SmallDisk(int megabytes) {
    try {
      dir = Files.createTempDirectory("ovation-disk");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ballast = dir.resolve("ballast");
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", dir.toString());
  }

  public Path dir() {
    return dir;
  }

  /** Fills it but for {@code left} bytes. */
  public void fill(long left) {
    byte[] block = new byte[MIB];
    try (OutputStream out = Files.newOutputStream(ballast)) {
      FileStore store = Files.getFileStore(dir);
      for (long free = free(store, left); free > 0; free = free(store, left)) {
        out.write(block, 0, (int) Math.min(free, block.length));
      }
    } catch (IOException full) {
      // Somebody else wrote at the same time; it is full, as asked for.
    }
  }

  private static long free(FileStore store, long left) throws IOException {
    return store.getUsableSpace() - left;
  }

  /** There is room again. */
  public void empty() {
    try {
      Files.deleteIfExists(ballast);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(String... command) {
    try {
      int code = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (code != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": exit " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (Files.exists(dir)) {
      run("umount", "-l", dir.toString());
      dir.toFile().delete();
    }
  }
}
