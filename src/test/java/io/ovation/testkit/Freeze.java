package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** Stops and continues processes, as an overloaded or suspended machine does. */
final class Freeze {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private Freeze() {}

  /**
   * SIGSTOP. Returns when every thread has stopped: the signal is only queued when {@code kill}
   * ends, and a busy thread may still answer a request.
   */
  static void stop(long pid) {
    signal("STOP", pid);
    Await.until("process " + pid + " to stop", LIMIT, () -> stopped(pid));
  }

  /** SIGCONT. */
  static void resume(long pid) {
    signal("CONT", pid);
  }

  private static boolean stopped(long pid) {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      return threads.allMatch(Freeze::threadStopped);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The state follows the thread's name, which is in parentheses and may hold anything. */
  private static boolean threadStopped(Path thread) {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
    } catch (IOException ended) {
      return true;
    }
  }

  private static void signal(String name, long pid) {
    try {
      int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
      if (code != 0) {
        throw new AssertionError("kill -" + name + " " + pid + " failed: exit " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
