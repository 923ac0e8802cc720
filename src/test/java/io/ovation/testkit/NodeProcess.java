package io.ovation.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A node: {@code java -jar target/app.jar …} in a process of its own, with a class archive as
 * {@code bin/start} has one and no other JVM flags. Faults are verbs. What it prints goes to {@code
 * node.log} in its directory.
 */
public final class NodeProcess implements AutoCloseable {
  private static final Path JAR = Path.of("target", "app.jar").toAbsolutePath();

  /** A start under load on a small machine; the promised times are asserted in one test only. */
  private static final Duration READY_LIMIT = Duration.ofSeconds(90);

  private static final Duration EXIT_LIMIT = Duration.ofSeconds(60);

  private final NodeSpec spec;
  private final Process process;
  private final Path log;
  private final Api api;
  private final Api operators;

  private NodeProcess(NodeSpec spec, Process process, Path log) {
    this.spec = spec;
    this.process = process;
    this.log = log;
    this.api = new Api(spec.port());
    this.operators =
        Api.withToken(spec.operatePort(), spec.env().getOrDefault("OVATION_OPERATE_TOKEN", ""));
  }

  /** Starts the process; does not wait for it to be ready. */
  public static NodeProcess start(NodeSpec spec) {
    if (!Files.isRegularFile(JAR)) {
      throw new AssertionError(JAR + " is missing: run mvn package first");
    }
    return start(spec, command(spec, ClassArchive.flags(JAR)));
  }

  /** The same with no JVM flags at all. */
  public static NodeProcess startPlain(NodeSpec spec) {
    return start(spec, command(spec, List.of()));
  }

  /** Starts it by a command of the test's own, such as a script, in the spec's directory. */
  public static NodeProcess start(NodeSpec spec, List<String> command) {
    try {
      Files.createDirectories(spec.dir());
      if (spec.cluster() != null) {
        Files.writeString(spec.dir().resolve("cluster.xml"), spec.cluster().text());
      }
      Path log = spec.dir().resolve("node.log");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(spec.dir().toFile()).redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      environment(spec, builder.environment());
      NodeProcess node = new NodeProcess(spec, builder.start(), log);
      Runtime.getRuntime().addShutdownHook(new Thread(node.process::destroyForcibly));
      ShowLogs.started(node);
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The Java that runs the tests. */
  public static String java() {
    return System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
  }

  private static List<String> command(NodeSpec spec, List<String> flags) {
    List<String> command = new ArrayList<>(spec.launcher());
    command.add(java());
    command.addAll(flags);
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(spec.arguments());
    if (spec.cluster() != null) {
      command.add("-cluster");
    }
    return command;
  }

  private static void environment(NodeSpec spec, Map<String, String> env) {
    env.keySet().removeIf(key -> key.startsWith("OVATION_"));
    env.put("OVATION_HTTP_HOST", "127.0.0.1");
    env.put("OVATION_HTTP_PORT", Integer.toString(spec.port()));
    env.put("OVATION_OPERATE_PORT", Integer.toString(spec.operatePort()));
    env.put("OVATION_DATA_DIR", spec.dir().resolve("data").toString());
    env.putAll(spec.env());
  }

  /** Waits for {@code /health/ready} to answer 200. */
  public NodeProcess awaitReady() {
    Await.until(() -> this + " to be ready\n" + logTail(40), READY_LIMIT, this::readyOrGone);
    if (!process.isAlive()) {
      throw new AssertionError(this + " ended, exit " + process.exitValue() + "\n" + logTail(40));
    }
    return this;
  }

  /** Waits for its port, which opens when all its routes are there. */
  public NodeProcess awaitServing() {
    Await.until(
        () -> this + " to serve\n" + logTail(40),
        READY_LIMIT,
        () -> !process.isAlive() || answers("/health/live"));
    return this;
  }

  private boolean readyOrGone() {
    return !process.isAlive() || ready();
  }

  /** Whether it answers 200 to {@code /health/ready} now. */
  public boolean ready() {
    return answers("/health/ready");
  }

  private boolean answers(String path) {
    try {
      return api.get(path).status() == 200;
    } catch (UncheckedIOException notListening) {
      return false;
    }
  }

  public NodeSpec spec() {
    return spec;
  }

  public Api api() {
    return api;
  }

  /** The operators' port. */
  public Api operators() {
    return operators;
  }

  public int port() {
    return spec.port();
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /**
   * {@code kill -9}: nothing is flushed, nobody is notified. Returns when the process has ended.
   */
  public void kill() {
    process.destroyForcibly();
    awaitExit();
  }

  /** Freezes the process: its connections stay open and nothing is sent. */
  public void pause() {
    Freeze.stop(process.pid());
  }

  public void resume() {
    Freeze.resume(process.pid());
  }

  /** SIGTERM; does not wait. */
  public void askToStop() {
    process.destroy();
  }

  /** SIGTERM, as an init system stops it; returns the exit code. */
  public int terminate() {
    process.destroy();
    awaitExit();
    return process.exitValue();
  }

  /** Waits, bounded, for the process to end by itself; returns the exit code. */
  public int awaitExit() {
    try {
      if (!process.waitFor(EXIT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(this + " did not end\n" + logTail(40));
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** All it printed, over all its starts. */
  public String log() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The last lines of its log. */
  public String logTail(int lines) {
    List<String> all = log().lines().toList();
    return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
  }

  public Scrape metrics() {
    return Scrape.parse(operators().get("/metrics").text());
  }

  @Override
  public void close() {
    process.destroyForcibly();
    awaitExit();
  }

  @Override
  public String toString() {
    return "node " + spec.name() + " (pid " + process.pid() + ", port " + spec.port() + ")";
  }
}
