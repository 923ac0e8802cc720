package io.ovation.region;

import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeScript;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The operators' page of a node in Chromium, and what it shows of another region's lag. */
final class OperatorsPage implements AutoCloseable {
  private final Process script;
  private final BufferedReader told;

  OperatorsPage(NodeProcess node, String region) {
    String operators = "http://127.0.0.1:" + node.spec().operatePort();
    script = NodeScript.start("admin-lag.mjs", List.of(operators, region));
    told = script.inputReader(StandardCharsets.UTF_8);
  }

  /** Waits until the page has shown it; the script gives up after four minutes. */
  void await(String step) throws IOException {
    StringBuilder before = new StringBuilder();
    for (String line = told.readLine(); !step.equals(line); line = told.readLine()) {
      if (line == null) {
        throw new AssertionError("the page never showed \"" + step + "\":\n" + before);
      }
      before.append(line).append('\n');
    }
  }

  @Override
  public void close() {
    script.descendants().forEach(ProcessHandle::destroyForcibly);
    script.destroyForcibly();
  }
}
