package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a script of {@code src/test/js} with Node.js; its exit code is the verdict. */
public final class NodeScript {
  private static final Path DIR = Path.of("src", "test", "js");
  private static final Duration LIMIT = Duration.ofSeconds(150);

  private NodeScript() {}

  /** Runs it to its end; fails with all it printed unless it exits with 0. */
  public static String run(String script, String... arguments) {
    install();
    List<String> command = new ArrayList<>(List.of("node", script));
    command.addAll(List.of(arguments));
    return execute(command);
  }

  /** Starts it, and leaves reading its output and ending it to the caller. */
  public static Process start(String script, List<String> arguments) {
    install();
    List<String> command = new ArrayList<>(List.of("node", script));
    command.addAll(arguments);
    try {
      Process process =
          new ProcessBuilder(command).directory(DIR.toFile()).redirectErrorStream(true).start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Installs what the lock file names, once for each state of it. */
  private static synchronized void install() {
    if (!installed()) {
      execute(List.of("npm", "ci", "--no-audit", "--no-fund"));
    }
  }

  private static boolean installed() {
    Path done = DIR.resolve("node_modules").resolve(".package-lock.json");
    try {
      return Files.isRegularFile(done)
          && Files.getLastModifiedTime(done)
                  .compareTo(Files.getLastModifiedTime(DIR.resolve("package-lock.json")))
              >= 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String execute(List<String> command) {
    try {
      Path output = Files.createTempFile(Path.of("target"), "script", ".log");
      Process process =
          new ProcessBuilder(command)
              .directory(DIR.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      String text = Files.readString(output, StandardCharsets.UTF_8);
      Files.delete(output);
      if (!ended || process.exitValue() != 0) {
        throw new AssertionError(command + (ended ? " failed:\n" : " hangs:\n") + text);
      }
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
