package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What a node's heap holds after a collection, by the JDK's own tool. */
public final class LiveHeap {
  private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");

  private LiveHeap() {}

  /** Bytes. The collection stops the node for some tens of milliseconds. */
  public static long bytes(NodeProcess node) {
    String histogram = run(node, "GC.class_histogram");
    String total =
        histogram.lines().filter(line -> line.startsWith("Total")).findFirst().orElseThrow();
    String[] words = total.trim().split("\\s+", -1);
    return Long.parseLong(words[2]);
  }

  private static String run(NodeProcess node, String command) {
    try {
      Process process =
          new ProcessBuilder(JCMD.toString(), Long.toString(node.pid()), command)
              .redirectErrorStream(true)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + " failed: " + text);
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
