package io.ovation.bench.fanout;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** On which cores a process and all that it starts run. */
public final class Pin {
  private Pin() {}

  public static void self(String cores) throws IOException, InterruptedException {
    taskset(ProcessHandle.current().pid(), cores);
  }

  /** The process and those that descend from it, with all their threads. */
  public static void tree(long pid, String cores) throws IOException, InterruptedException {
    List<ProcessHandle> all =
        ProcessHandle.of(pid).stream()
            .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
            .toList();
    for (ProcessHandle process : all) {
      taskset(process.pid(), cores);
    }
  }

  private static void taskset(long pid, String cores) throws IOException, InterruptedException {
    new ProcessBuilder("taskset", "-a", "-p", "-c", cores, Long.toString(pid))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
