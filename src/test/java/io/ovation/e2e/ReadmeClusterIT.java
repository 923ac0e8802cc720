package io.ovation.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawViewer;
import io.ovation.testkit.Servers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README's commands for three nodes behind nginx on one machine, run by bash as they are there.
 * Only ports and nginx's file are the test's; what needs root or a network is a script of the
 * test's, under its name: {@code apt-get}, {@code systemctl}, {@code sudo}, {@code mvn}.
 */
class ReadmeClusterIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int MOST_COMMANDS = 10;

  /**
   * What the block leaves running ends before the shell that ran it does: each of them still writes
   * to the directory that is deleted next, and nginx, a daemon, is nobody's child.
   */
  private static final String END =
      """
      end() {
        set +e
        nginx=$(cat nginx.pid)
        kill $(jobs -p) $nginx
        wait
        while kill -0 $nginx; do sleep 0.1; done
      } 2> /dev/null
      trap end EXIT
      """;

  @TempDir Path dir;

  private final int nginx = Ports.free();
  private final List<Integer> members = IntStream.range(0, 3).mapToObj(i -> Ports.free()).toList();
  private final List<Integer> nodes = IntStream.range(0, 3).mapToObj(i -> Ports.free()).toList();

  @Test
  void tenCommandsOfTheReadmeMakeAClusterOfThreeBehindNginx() throws Exception {
    String commands = commands();
    assertThat(commands.lines().filter(line -> !line.isBlank()).toList())
        .hasSizeLessThanOrEqualTo(MOST_COMMANDS);
    for (Map.Entry<String, String> own : replaced().entrySet()) {
      assertThat(commands).contains(own.getKey());
      commands = commands.replace(own.getKey(), own.getValue());
    }
    checkout();
    Path script = dir.resolve("commands.sh");
    Files.writeString(script, "set -e\n" + END + commands + "echo up\nread\n");
    ProcessBuilder builder = new ProcessBuilder("bash", script.toString()).directory(dir.toFile());
    builder.environment().keySet().removeIf(key -> key.startsWith("OVATION_"));
    builder.environment().merge("PATH", "", (path, none) -> dir.resolve("bin") + ":" + path);
    // Not the machine's own 9090.
    builder.environment().put("OVATION_OPERATE_PORT", "0");
    Path output = dir.resolve("output.log");
    Process bash = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      Await.until(
          () -> "the commands to be done: " + all(),
          LIMIT,
          () -> !bash.isAlive() || text(output).contains("up"));
      assertThat(bash.isAlive()).as(all()).isTrue();
      for (int port : nodes) {
        Await.until(() -> "three nodes: " + all(), LIMIT, () -> ready(port));
      }
      talkThroughNginx();
    } finally {
      bash.getOutputStream().close();
      assertThat(bash.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  /** What is posted through nginx reaches the viewers of each node, and those through nginx. */
  private void talkThroughNginx() {
    List<RawViewer> viewers =
        Stream.concat(nodes.stream(), Stream.of(nginx))
            .map(port -> new RawViewer(port, "/live/websocket"))
            .toList();
    viewers.forEach(viewer -> viewer.watch("s1"));
    String id = new Api(nginx).accepted("s1", "alice", "Hello");
    for (RawViewer viewer : viewers) {
      assertThat(viewer.next("comment").getString("id")).isEqualTo(id);
      viewer.close();
    }
  }

  private static String commands() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String section = readme.substring(readme.indexOf("\n## Three nodes behind nginx"));
    String block = section.substring(section.indexOf("```bash\n") + 8);
    return block.substring(0, block.indexOf("```"));
  }

  private Map<String, String> replaced() {
    Map<String, String> own = new LinkedHashMap<>();
    own.put("redis://127.0.0.1:6379", Servers.redis().uri());
    own.put("amqp://127.0.0.1:5672", Servers.rabbit().uri());
    own.put("8082/8083", nodes.get(1) + "/" + nodes.get(2));
    own.put("127.0.0.1:8082", "127.0.0.1:" + nodes.get(1));
    for (int i = 0; i < 3; i++) {
      own.put("OVATION_HTTP_PORT=808" + (i + 1), "OVATION_HTTP_PORT=" + nodes.get(i));
    }
    own.put("/etc/nginx/nginx.conf", dir.resolve("nginx.conf").toString());
    own.put("http://localhost/", "http://localhost:" + nginx + "/");
    return own;
  }

  /** What the commands find in the directory. */
  private void checkout() throws IOException {
    Files.createDirectories(dir.resolve("bin"));
    Files.createDirectories(dir.resolve("target"));
    Files.copy(Path.of("target", "app.jar"), dir.resolve("target").resolve("app.jar"));
    String cluster = Files.readString(Path.of("cluster.xml"));
    for (int i = 0; i < 3; i++) {
      cluster = cluster.replace("570" + (i + 1), "" + members.get(i));
    }
    Files.writeString(dir.resolve("cluster.xml"), cluster);
    Path proxies = Files.createDirectories(dir.resolve("examples").resolve("proxies"));
    Files.writeString(
        proxies.resolve("nginx.conf"),
        Files.readString(Path.of("examples", "proxies", "nginx.conf"))
            .replace("127.0.0.1:8081", "127.0.0.1:" + nodes.get(0))
            .replace("127.0.0.1:8082", "127.0.0.1:" + nodes.get(1)));
    command("sudo", "exec \"$@\"");
    command("mvn", "test -f target/app.jar");
    command(
        "apt-get",
        "for server in redis-server nginx rabbitmq-server; do\n"
            + "  [[ \" $* \" == *\" $server \"* ]] || exit 1\n"
            + "  PATH=$PATH:/usr/sbin command -v $server || exit 1\ndone");
    // As systemd would start it, but with pid file, log and port of the test's own.
    command(
        "systemctl",
        """
        [ "$*" = "restart nginx" ] || exit 1
        sed -i -e 's#pid /run/nginx.pid;#pid %1$s/nginx.pid;#' -e 's#/var/log/nginx#%1$s#' \\
          -e 's#listen 80;#listen 127.0.0.1:%2$d;#' %1$s/nginx.conf
        for kind in client_body proxy fastcgi uwsgi scgi; do
          sed -i "s#^http {#http {\\n  ${kind}_temp_path %1$s/$kind;#" %1$s/nginx.conf
        done
        exec /usr/sbin/nginx -e %1$s/error.log -p %1$s -c %1$s/nginx.conf"""
            .formatted(dir, nginx));
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void command(String name, String body) throws IOException {
    Path file = dir.resolve("bin").resolve(name);
    Files.writeString(file, "#!/bin/bash\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static boolean ready(int port) {
    try {
      return new Api(port).get("/health/ready").status() == 200;
    } catch (java.io.UncheckedIOException notListening) {
      return false;
    }
  }

  private String all() {
    StringBuilder all = new StringBuilder();
    for (String name : List.of("output", "node1", "node2", "node3", "error")) {
      all.append(name).append(":\n").append(text(dir.resolve(name + ".log"))).append('\n');
    }
    return all.toString();
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      return e.toString();
    }
  }
}
