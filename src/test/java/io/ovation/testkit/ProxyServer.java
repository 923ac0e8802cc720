package io.ovation.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A proxy of the operator's, run from its file in {@code examples/proxies}. Only ports, the nodes'
 * addresses and paths are the test's; each must be in the file, or the test fails.
 */
public final class ProxyServer implements AutoCloseable {
  private static final Path FILES = Path.of("examples", "proxies");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final int port = Ports.free();
  private final Path dir;
  private final Process process;

  /** nginx in front of the nodes at two ports. */
  public static ProxyServer nginx(int first, int second) {
    return of("nginx.conf", first, second);
  }

  /** HAProxy in front of the nodes at two ports. */
  public static ProxyServer haproxy(int first, int second) {
    return of("haproxy.cfg", first, second);
  }

  /** nginx with other directives in place of one of its file, in front of a node. */
  public static ProxyServer nginx(int node, String directive, String others) {
    return new ProxyServer("nginx.conf", file -> replace(file, directive, others), node, node);
  }

  /** nginx with TLS and HTTP/2, in front of a node. */
  public static ProxyServer http2(int node, TestCertificate tls) {
    String certificate = "ssl_certificate " + tls.certificate().toAbsolutePath() + ";";
    String key = "ssl_certificate_key " + tls.key().toAbsolutePath() + ";";
    return nginx(node, "listen 80;", "listen 80 ssl http2; " + certificate + ' ' + key);
  }

  /** A proxy in front of nodes at as many ports as its file has nodes, from 8081 on. */
  public static ProxyServer of(String file, int... nodes) {
    return new ProxyServer(file, UnaryOperator.identity(), nodes);
  }

  private ProxyServer(String file, UnaryOperator<String> edit, int... nodes) {
    try {
      dir = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "proxy");
      // nginx's workers, who are not root if it is.
      dir.toFile().setReadable(true, false);
      dir.toFile().setExecutable(true, false);
      boolean nginx = file.endsWith("nginx.conf");
      String shipped = edit.apply(Files.readString(FILES.resolve(file)));
      for (int i = 0; i < nodes.length; i++) {
        shipped = replace(shipped, "127.0.0.1:" + (8081 + i), "127.0.0.1:" + nodes[i]);
      }
      Path config = dir.resolve(nginx ? "nginx.conf" : "haproxy.cfg");
      Files.writeString(config, nginx ? nginx(shipped) : haproxy(shipped));
      ProcessBuilder builder =
          nginx
              ? new ProcessBuilder(
                  List.of("/usr/sbin/nginx", "-e", "stderr", "-p", "" + dir, "-c", "" + config))
              : new ProcessBuilder(List.of("/usr/sbin/haproxy", "-db", "-f", "" + config));
      process =
          builder
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("output.log").toFile())
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Await.until(() -> "the proxy of " + file + " to listen; " + output(), PATIENCE, this::listens);
  }

  private String nginx(String shipped) {
    StringBuilder temp = new StringBuilder("http {\n");
    for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
      temp.append("  " + kind + "_temp_path " + dir.resolve(kind) + ";\n");
    }
    String config = replace(shipped, "http {\n", temp.toString());
    config = replace(config, "pid /run/nginx.pid;", "daemon off;\npid " + dir.resolve("pid") + ";");
    config = replace(config, "/var/log/nginx/error.log", dir.resolve("error.log").toString());
    return replace(config, "listen 80", "listen 127.0.0.1:" + port);
  }

  private String haproxy(String shipped) {
    String config = replace(shipped, "bind :80", "bind 127.0.0.1:" + port);
    return "root".equals(System.getProperty("user.name"))
        ? config
        : replace(replace(config, "  user haproxy\n", ""), "  group haproxy\n", "");
  }

  private static String replace(String config, String what, String by) {
    if (!config.contains(what)) {
      throw new AssertionError("the file has no " + what);
    }
    return config.replace(what, by);
  }

  public int port() {
    return port;
  }

  public String url() {
    return "http://127.0.0.1:" + port;
  }

  private boolean listens() {
    if (!process.isAlive()) {
      throw new AssertionError("the proxy ended: " + output());
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private String output() {
    try {
      return Files.readString(dir.resolve("output.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
