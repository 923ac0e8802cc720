package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real redis-server of the test's own, configured as docs/store.md advises: every write synced,
 * nothing evicted. It keeps its port and its data through {@link #kill} and {@link #start}. Faults
 * are verbs; each returns when it has happened.
 */
public final class RedisServer implements AutoCloseable {
  private static final Duration SAMPLE = Duration.ofMillis(50);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final int port = Ports.free();
  private final List<String> options;
  private final Path dir;
  private final Thread reaper = new Thread(this::destroy, "redis-reaper");
  private @Nullable Process process;

  /**
   * Starts it.
   *
   * @param options of the command line, beside its own
   */
  public RedisServer(String... options) {
    this(temporary(), options);
  }

  /** Starts it, with its data in this empty directory. */
  public RedisServer(Path dir, String... options) {
    this.dir = dir;
    this.options = List.of(options);
    Runtime.getRuntime().addShutdownHook(reaper);
    start();
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("ovation-redis");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String uri() {
    return "redis://127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** Starts it on the data it had, and waits until it answers. Does nothing if it runs. */
  public RedisServer start() {
    if (process != null && process.isAlive()) {
      return this;
    }
    process = exec(command(), dir.resolve("redis.out"));
    Process started = process;
    Await.until(
        () -> "redis-server to answer: " + output(),
        PATIENCE,
        () -> !started.isAlive() || answers());
    if (!started.isAlive()) {
      throw new IllegalStateException("redis-server ended: " + output());
    }
    return this;
  }

  /** {@code kill -9}: what was not synced is gone. */
  public void kill() {
    destroy();
  }

  /** Ends it in good order; its clients see their connections close. */
  public void stop() {
    Process running = running();
    running.destroy();
    awaitEnd(running);
  }

  /** Freezes it: connections stay open, nothing answers. */
  public void pause() {
    Freeze.stop(running().pid());
  }

  /** Lets it go on after {@link #pause}. */
  public void resume() {
    Freeze.resume(running().pid());
  }

  /** Whether it runs: it ends by itself when its disk is full. */
  public boolean alive() {
    return process != null && process.isAlive();
  }

  /** Deletes the keys of a pattern, and returns how many there were. */
  public int deleteKeys(String pattern) {
    String script =
        "local keys = redis.call('KEYS', ARGV[1])"
            + " for _, key in ipairs(keys) do redis.call('DEL', key) end return #keys";
    return eval(script, pattern);
  }

  /** Adds one to the number at {@code key}. */
  public void increment(String key) {
    eval("redis.call('INCR', ARGV[1]) return 1", key);
  }

  private int eval(String script, String... arguments) {
    List<String> eval =
        new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(port), "EVAL", script, "0"));
    eval.addAll(List.of(arguments));
    Process cli = exec(eval, dir.resolve("cli.out"));
    awaitEnd(cli);
    return Integer.parseInt(output("cli.out").lines().reduce((a, b) -> b).orElse("").strip());
  }

  /** Killed, and what it wrote in the last {@code time} is lost, as with a disk that syncs late. */
  public void loseLast(Duration time) {
    loseLast(time, () -> Await.pass(time));
  }

  /** The same after a task. */
  public void loseLast(Duration time, Runnable task) {
    Path file = appendOnlyFile();
    NavigableMap<Long, Long> sizes = new ConcurrentSkipListMap<>();
    sizes.put(System.nanoTime(), file.toFile().length());
    Thread sampler =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                sizes.put(System.nanoTime(), file.toFile().length());
                LockSupport.parkNanos(SAMPLE.toNanos());
              }
            });
    sampler.start();
    try {
      task.run();
    } finally {
      sampler.interrupt();
    }
    long end = System.nanoTime();
    kill();
    Map.Entry<Long, Long> before = sizes.floorEntry(end - time.toNanos());
    try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
      written.truncate((before == null ? sizes.firstEntry() : before).getValue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path appendOnlyFile() {
    try (Stream<Path> files = Files.list(dir.resolve("appendonlydir"))) {
      return files
          .filter(file -> file.toString().endsWith(".incr.aof"))
          .max(Comparator.comparingLong(file -> file.toFile().lastModified()))
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Killed and started again on the same data. */
  public void restart() {
    kill();
    start();
  }

  @Override
  public void close() {
    destroy();
    Runtime.getRuntime().removeShutdownHook(reaper);
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> command() {
    return Stream.concat(
            Stream.of(
                "redis-server",
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                dir.toString(),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--maxmemory-policy",
                "noeviction"),
            options.stream())
        .toList();
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII)
          .equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  private void destroy() {
    Process last = process;
    if (last != null) {
      last.destroyForcibly();
      awaitEnd(last);
    }
  }

  /** Of the running server; what it started descends from it. */
  public long pid() {
    return running().pid();
  }

  private Process running() {
    if (process == null || !process.isAlive()) {
      throw new IllegalStateException("redis-server does not run");
    }
    return process;
  }

  private String output() {
    return output("redis.out");
  }

  private String output(String file) {
    try {
      return Files.readString(dir.resolve(file));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static Process exec(List<String> command, Path output) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException("is " + command.get(0) + " installed?", e);
    }
  }

  private static void awaitEnd(Process process) {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("process " + process.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
