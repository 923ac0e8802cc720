package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real RabbitMQ of the test's own, with its own Erlang port mapper. It keeps its port and its
 * data through {@link #kill} and {@link #start}; a start takes about 10 s. Faults are verbs; each
 * returns when it has happened.
 */
public final class RabbitServer implements AutoCloseable {
  /** A start takes 12 s, and many times that while the machine is busy with other things. */
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  private static final String BIN = "/usr/lib/rabbitmq/bin/";

  private static final String JOIN =
      """
      cluster_formation.peer_discovery_backend = classic_config
      cluster_formation.classic_config.nodes.1 = %s
      cluster_formation.classic_config.nodes.2 = %s
      """;

  private final int port = Ports.free();
  private final int epmdPort;
  private final int distPort = Ports.free();
  private final Set<String> vhosts = new HashSet<>();
  private final Path dir;
  private final Thread reaper = new Thread(this::destroy, "rabbit-reaper");
  private final @Nullable Process epmd;
  private @Nullable Process process;

  /** Starts it. */
  public RabbitServer() {
    this(temporary(), null);
  }

  /** Starts it, with its data in this empty directory. */
  public RabbitServer(Path dir) {
    this(dir, null);
  }

  /** Starts another node of the same cluster, which has the first one's port mapper. */
  public static RabbitServer joining(RabbitServer first) {
    return new RabbitServer(temporary(), first);
  }

  private RabbitServer(Path dir, @Nullable RabbitServer first) {
    this.dir = dir;
    epmdPort = first == null ? Ports.free() : first.epmdPort;
    try {
      Files.writeString(dir.resolve(".erlang.cookie"), "OVATIONTEST" + epmdPort);
      Files.setPosixFilePermissions(
          dir.resolve(".erlang.cookie"), PosixFilePermissions.fromString("r--------"));
      Files.writeString(
          dir.resolve("rabbitmq.conf"),
          """
          raft.wal_max_size_bytes = 33554432
          log.file.level = warning
          """
              + (first == null ? "" : JOIN.formatted(first.nodeName(), nodeName())));
      Files.writeString(dir.resolve("enabled_plugins"), "[].\n");
      // As README.md advises: an unconfirmed move between delays is retried after 5 s, not 3
      // minutes.
      Files.writeString(
          dir.resolve("advanced.config"),
          "[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 5000}]}].\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // Started here, in the foreground: left to Erlang it would become a daemon that outlives us.
    epmd =
        first == null
            ? exec("epmd", "-port", Integer.toString(epmdPort), "-address", "127.0.0.1")
            : null;
    Runtime.getRuntime().addShutdownHook(reaper);
    start();
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("ovation-rabbit");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String uri() {
    return "amqp://guest:guest@127.0.0.1:" + port;
  }

  /** A virtual host of its own, with queues and numbers of partitions of its own. */
  public synchronized String uri(String vhost) {
    if (vhosts.add(vhost)) {
      control("add_vhost", vhost);
      control("set_permissions", "-p", vhost, "guest", ".*", ".*", ".*");
    }
    return uri() + "/" + vhost;
  }

  public int port() {
    return port;
  }

  private String nodeName() {
    return "ovation" + port + "@localhost";
  }

  /** Starts it on the data it had, and waits until it answers. Does nothing if it runs. */
  public RabbitServer start() {
    if (process != null && process.isAlive()) {
      return this;
    }
    process = exec(BIN + "rabbitmq-server");
    Process started = process;
    Await.until(
        () -> "RabbitMQ to answer: " + output(), PATIENCE, () -> !started.isAlive() || answers());
    if (!started.isAlive()) {
      throw new IllegalStateException("RabbitMQ ended: " + output());
    }
    return this;
  }

  /** {@code kill -9}: what was not synced is gone. */
  public void kill() {
    destroyServer();
  }

  /** Ends it in good order; its clients see their connections close. */
  public void stop() {
    ProcessHandle erlang = erlang();
    erlang.destroy();
    awaitEnd(running());
  }

  /** Freezes it: connections stay open, nothing answers. */
  public void pause() {
    Freeze.stop(erlang().pid());
  }

  /** Ends {@link #pause}. */
  public void resume() {
    Freeze.resume(erlang().pid());
  }

  /** Killed and started again on the same data. */
  public void restart() {
    kill();
    start();
  }

  /** Closes every client's connection, as an operator would. */
  public void closeConnections() {
    control("close_all_connections", "closed by a test");
  }

  /** Blocks connections that publish, as a server does that is short of memory. */
  public void raiseMemoryAlarm() {
    control("set_vm_memory_high_watermark", "0");
  }

  /** Ends {@link #raiseMemoryAlarm}. */
  public void clearMemoryAlarm() {
    control("set_vm_memory_high_watermark", "0.4");
  }

  /** Makes it believe that its disk is full: no publish is taken. */
  public void raiseDiskAlarm() {
    control("set_disk_free_limit", "1000000GB");
  }

  /** Ends {@link #raiseDiskAlarm}. */
  public void clearDiskAlarm() {
    control("set_disk_free_limit", "1MB");
  }

  /**
   * Runs {@code rabbitmqctl} and waits for its end. RabbitMQ answers clients a moment before it
   * takes commands.
   */
  public void control(String... arguments) {
    if (exit(arguments) != 0 && (exit("await_startup") != 0 || exit(arguments) != 0)) {
      throw new IllegalStateException("rabbitmqctl failed: " + output());
    }
  }

  private int exit(String... arguments) {
    List<String> command = new ArrayList<>(List.of(BIN + "rabbitmqctl"));
    command.addAll(List.of(arguments));
    Process ctl = exec(command.toArray(String[]::new));
    awaitEnd(ctl);
    return ctl.exitValue();
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

  private Map<String, String> environment() {
    return Map.ofEntries(
        Map.entry("HOME", dir.toString()),
        Map.entry("RABBITMQ_NODENAME", nodeName()),
        Map.entry("RABBITMQ_NODE_PORT", Integer.toString(port)),
        Map.entry("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"),
        Map.entry("RABBITMQ_DIST_PORT", Integer.toString(distPort)),
        Map.entry("RABBITMQ_MNESIA_BASE", dir.resolve("mnesia").toString()),
        Map.entry("RABBITMQ_LOG_BASE", dir.resolve("log").toString()),
        Map.entry("RABBITMQ_PID_FILE", dir.resolve("pid").toString()),
        Map.entry("RABBITMQ_ENABLED_PLUGINS_FILE", dir.resolve("enabled_plugins").toString()),
        Map.entry("RABBITMQ_CONFIG_FILE", dir.resolve("rabbitmq.conf").toString()),
        Map.entry("RABBITMQ_ADVANCED_CONFIG_FILE", dir.resolve("advanced.config").toString()),
        Map.entry("RABBITMQ_CONF_ENV_FILE", "/dev/null"),
        // Two schedulers that don't spin: the machine has other work.
        Map.entry("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 +sbwt none -start_epmd false"),
        Map.entry("ERL_EPMD_PORT", Integer.toString(epmdPort)),
        Map.entry("ERL_EPMD_ADDRESS", "127.0.0.1"));
  }

  /** The server speaks first only after it was greeted, and then with a method frame (1). */
  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.getOutputStream().write("AMQP\0\0\t\1".getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() == 1;
    } catch (IOException e) {
      return false;
    }
  }

  private void destroy() {
    destroyServer();
    if (epmd != null) {
      epmd.destroyForcibly();
      awaitEnd(epmd);
    }
  }

  private void destroyServer() {
    Process last = process;
    if (last != null) {
      // Script, server and Erlang's helpers: the server first, so that nothing else can stop it.
      List<ProcessHandle> all = last.descendants().toList();
      all.forEach(ProcessHandle::destroyForcibly);
      last.destroyForcibly();
      awaitEnd(last);
      all.forEach(RabbitServer::awaitEnd);
    }
  }

  /** The server itself: the script that starts it stays its parent. */
  private ProcessHandle erlang() {
    return running()
        .descendants()
        .filter(child -> child.info().command().orElse("").contains("beam"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("RabbitMQ's Erlang does not run"));
  }

  /** Of the running server; what it started descends from it. */
  public long pid() {
    return running().pid();
  }

  private Process running() {
    if (process == null || !process.isAlive()) {
      throw new IllegalStateException("RabbitMQ does not run");
    }
    return process;
  }

  private String output() {
    try {
      return Files.readString(dir.resolve("output"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Process exec(String... command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command)));
      builder.environment().putAll(environment());
      return builder
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("output").toFile()))
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException("is " + command[0] + " installed?", e);
    }
  }

  private static void awaitEnd(ProcessHandle process) {
    process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
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
