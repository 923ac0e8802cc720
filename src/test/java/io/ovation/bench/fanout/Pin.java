package io.ovation.bench.fanout;

import java.io.IOException;

/** On which cores this process and all that it starts run. */
final class Pin {
  private Pin() {}

  static void self(String cores) throws IOException, InterruptedException {
    String pid = Long.toString(ProcessHandle.current().pid());
    new ProcessBuilder("taskset", "-a", "-p", "-c", cores, pid)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
