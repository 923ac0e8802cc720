package io.ovation.bench.fanout;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A server's process, pinned to some cores, and its usage as the kernel counts it. */
final class Proc implements AutoCloseable {
  private static final int TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux
  private static final int UTIME = 11; // counted behind the command's name, proc(5)

  private final Process process;
  private final Path log;

  private Proc(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * @param cpus as taskset takes them: {@code 0}, or {@code 0,1}
   */
  static Proc start(String name, String cpus, Map<String, String> env, List<String> command) {
    try {
      Path dir = Files.createDirectories(Path.of("target", "bench", "run"));
      Path log = dir.resolve(name + ".log");
      List<String> pinned = new ArrayList<>(List.of("taskset", "-c", cpus));
      pinned.addAll(command);
      ProcessBuilder builder = new ProcessBuilder(pinned).redirectErrorStream(true);
      builder.redirectOutput(log.toFile());
      builder.directory(dir.toFile()); // not where a conf/ovation.yaml lies
      builder.environment().keySet().removeIf(key -> key.startsWith("OVATION_"));
      builder.environment().putAll(env);
      Process process = builder.start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
      return new Proc(process, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  String log() {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "" + e;
    }
  }

  /** User and system time of the process and its children, in seconds. */
  double cpuSeconds() {
    double all = cpuSeconds(process.pid());
    for (ProcessHandle child : process.descendants().toList()) {
      all += cpuSeconds(child.pid());
    }
    return all;
  }

  private static double cpuSeconds(long pid) {
    String stat = read("/proc/" + pid + "/stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1]))
        / (double) TICKS_PER_SECOND;
  }

  /** Ticks of processor time that each thread has used, by name and id. */
  Map<String, Long> threads() {
    Map<String, Long> ticks = new TreeMap<>();
    File[] tasks = new File("/proc/" + pid() + "/task").listFiles();
    for (File task : tasks == null ? new File[0] : tasks) {
      String stat = read(task + "/stat");
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      ticks.put(
          name + "-" + task.getName(),
          Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1]));
    }
    return ticks;
  }

  /** Resident memory in KiB. */
  long rssKiB() {
    return read("/proc/" + process.pid() + "/status")
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** Live bytes of a JVM's heap, after a full collection. */
  long liveHeap() {
    String histogram = jcmd("GC.class_histogram"); // collects first
    String total =
        histogram.lines().filter(line -> line.startsWith("Total")).findFirst().orElse("");
    return Long.parseLong(total.trim().split("\\s+")[2]);
  }

  String jcmd(String command) {
    try {
      Process jcmd =
          new ProcessBuilder("jcmd", Long.toString(pid()), command)
              .redirectErrorStream(true)
              .start();
      String out = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      jcmd.waitFor();
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Asks it to end, and waits. */
  void end() {
    process.destroy();
    await();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    await();
  }

  private void await() {
    try {
      process.waitFor(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
