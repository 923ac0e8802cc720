package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The wall clock of one process, which a test can step while the process runs. The process is
 * started with a library (src/test/c/clock.c) between itself and the C library; its monotonic clock
 * goes on undisturbed. Elsewhere than on Linux stepping it has no effect.
 */
public final class FaultyClock {
  private static final Path SOURCE = Path.of("src", "test", "c", "clock.c");
  private static final Path LIBRARY = Path.of("target", "clock.so").toAbsolutePath();

  private final Path file;

  /**
   * @param file says the time to the process; it is created
   */
  public FaultyClock(Path file) {
    if (available()) {
      compile();
    }
    this.file = file;
    step(Duration.ZERO);
  }

  /** Whether this machine can have them. */
  public static boolean available() {
    return "Linux".equals(System.getProperty("os.name"));
  }

  private static synchronized void compile() {
    List<String> command =
        List.of("cc", "-shared", "-fPIC", "-O2", "-o", "" + LIBRARY, "" + SOURCE, "-ldl");
    try {
      Process compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
      byte[] said = compiler.getInputStream().readAllBytes();
      if (compiler.waitFor() != 0) {
        throw new AssertionError(command + ": " + new String(said, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("is a C compiler installed? bin/test installs it", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What the process has to be started with. */
  public Map<String, String> environment() {
    if (!available()) {
      return Map.of();
    }
    return Map.of("LD_PRELOAD", LIBRARY.toString(), "FAULTY_CLOCK", file.toString());
  }

  /** The process's clock is ahead by this from now on; behind, if it is negative. */
  public void step(Duration ahead) {
    ByteBuffer seconds = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    seconds.putLong(0, ahead.toSeconds());
    try (FileChannel clock =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      clock.write(seconds, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
