package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A primary, two replicas, and three real Sentinels that call the primary {@code mymaster} and
 * replace it about two seconds after it is gone.
 */
public final class RedisSentinels implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<RedisServer> servers = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();
  private final List<Process> sentinels = new ArrayList<>();
  private final Thread reaper = new Thread(this::destroy, "sentinel-reaper");

  /** Returns when every Sentinel knows both replicas and the other Sentinels. */
  public RedisSentinels() {
    Runtime.getRuntime().addShutdownHook(reaper);
    RedisServer primary = new RedisServer();
    servers.add(primary);
    String port = Integer.toString(primary.port());
    for (int i = 0; i < 2; i++) {
      servers.add(new RedisServer("--replicaof", "127.0.0.1", port));
    }
    for (int i = 0; i < 3; i++) {
      start(port);
    }
    for (int each : ports) {
      Await.until(
          "Sentinels to know everybody",
          PATIENCE,
          () ->
              ask(each, "INFO", "sentinel").contains("status=ok")
                  && ask(each, "INFO", "sentinel").contains("slaves=2,sentinels=3"));
    }
  }

  /** The primary that the test began with. */
  public RedisServer firstPrimary() {
    return servers.get(0);
  }

  public String uri() {
    return ports.stream()
        .map(port -> "127.0.0.1:" + port)
        .collect(Collectors.joining(",", "redis+sentinel://", "/mymaster"));
  }

  /** The port of the primary that a Sentinel names. */
  public int primaryPort() {
    String[] lines =
        ask(ports.get(0), "SENTINEL", "get-master-addr-by-name", "mymaster").split("\n", -1);
    return Integer.parseInt(lines[1].strip());
  }

  private void start(String primary) {
    int port = Ports.free();
    try {
      Path dir = Files.createTempDirectory("ovation-sentinel");
      Path config = dir.resolve("sentinel.conf");
      Files.writeString(
          config,
          """
          port %d
          dir %s
          sentinel monitor mymaster 127.0.0.1 %s 2
          sentinel down-after-milliseconds mymaster 1000
          sentinel failover-timeout mymaster 5000
          """
              .formatted(port, dir, primary));
      sentinels.add(
          new ProcessBuilder("redis-server", config.toString(), "--sentinel")
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("out").toFile())
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ports.add(port);
  }

  private static String ask(int port, String... words) {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(port)));
    command.addAll(List.of(words));
    try {
      Process cli = new ProcessBuilder(command).redirectErrorStream(true).start();
      String answer = new String(cli.getInputStream().readAllBytes());
      cli.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void destroy() {
    sentinels.forEach(Process::destroyForcibly);
  }

  @Override
  public void close() {
    destroy();
    Runtime.getRuntime().removeShutdownHook(reaper);
    servers.forEach(RedisServer::close);
  }
}
