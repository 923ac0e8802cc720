package io.ovation.bench.fanout;

import io.ovation.testkit.Await;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.Ports;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Starts servers and waits until they answer. */
final class Targets {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Path RUN = Path.of("target", "bench", "run").toAbsolutePath();

  /** {@code -Dbench.jar} measures another build. */
  private static final String JAR =
      Path.of(System.getProperty("bench.jar", "target/app.jar")).toAbsolutePath().toString();

  private static final String NCHAN = "/usr/lib/nginx/modules/ngx_nchan_module.so";

  private Targets() {}

  /** The product as it is shipped, with no JVM flags, but with its door for new viewers open. */
  static Target ovation(String cpus) {
    return ovation(cpus, "ovation");
  }

  /**
   * @param name of its directory and log, where there are several
   */
  static Target ovation(String cpus, String name) {
    return ovation(cpus, List.of(), Map.of(), name);
  }

  /**
   * @param arguments of the command line
   * @param env settings over the benchmark's own
   */
  static Target ovation(String cpus, List<String> arguments, Map<String, String> env, String name) {
    return ovation(cpus, List.of(), arguments, env, name);
  }

  /** With an archive of its classes, as {@code bin/start} makes and uses one. */
  static Target ovationWithArchive(String cpus) {
    String archive = RUN.resolve("app.jsa").toString();
    List<String> making = List.of("-XX:ArchiveClassesAtExit=" + archive);
    try (Target once = ovation(cpus, making, List.of(), Map.of(), "archive")) {
      once.proc().end();
    }
    List<String> using = List.of("-XX:SharedArchiveFile=" + archive);
    return ovation(cpus, using, List.of(), Map.of(), "ovation");
  }

  /** With its own TLS, also for posts. */
  static Target ovationWithTls(String cpus) {
    SelfSigned pair = new SelfSigned(RUN);
    Map<String, String> env =
        Map.of(
            "OVATION_HTTP_TLS_CERTIFICATE", pair.certificate().toString(),
            "OVATION_HTTP_TLS_KEY", pair.key().toString());
    return ovation(cpus, List.of(), env, "ovation-tls").with(CrowdProtocol::plainOverTls);
  }

  private static Target ovation(
      String cpus,
      List<String> options,
      List<String> arguments,
      Map<String, String> env,
      String name) {
    int port = Ports.free();
    Path data = RUN.resolve(name + "-data");
    delete(data);
    Map<String, String> all = new TreeMap<>(env);
    all.put("OVATION_HTTP_HOST", "127.0.0.1");
    all.put("OVATION_HTTP_PORT", "" + port);
    all.put("OVATION_DATA_DIR", data.toString());
    all.put("OVATION_VIEWER_CONNECT_RATE", "0"); // the door would hold the load back
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(options);
    command.addAll(List.of("-jar", JAR));
    command.addAll(arguments);
    Proc proc = Proc.start(name, cpus, all, command);
    if (all.containsKey("OVATION_HTTP_TLS_KEY")) {
      await(proc, port);
    } else {
      await(proc, port, "/health/ready", 200);
    }
    return new Target("ovation", List.of(port), CrowdProtocol::plain, Comments::api, List.of(proc));
  }

  static Target bare(String cpus) {
    int port = Ports.free();
    Proc proc = java("bare", cpus, port, BareServer.class);
    return new Target(
        "bare Netty loop",
        List.of(port),
        streams -> BenchProtocols.path("/sub/", streams),
        Comments::api,
        List.of(proc));
  }

  static Target bridge(String cpus) {
    int port = Ports.free();
    Proc proc = java("bridge", cpus, port, BridgeServer.class);
    return new Target(
        "Vert.x SockJS bridge",
        List.of(port),
        BenchProtocols::bridge,
        Comments::api,
        List.of(proc));
  }

  private static Proc java(String name, String cpus, int port, Class<?> main) {
    String classpath = System.getProperty("java.class.path");
    Proc proc =
        Proc.start(
            name, cpus, Map.of(), List.of(java(), "-cp", classpath, main.getName(), "" + port));
    await(proc, port, "/", 200);
    return proc;
  }

  /** Whether Debian's nginx and Nchan are there. */
  static boolean nchanInstalled() {
    return Files.exists(Path.of(NCHAN));
  }

  static Target nchan(String cpus) {
    int port = Ports.free();
    try {
      Files.createDirectories(RUN);
      Path config = RUN.resolve("nginx.conf");
      Files.writeString(config, NginxConf.text(RUN, port, NCHAN));
      Proc proc =
          Proc.start(
              "nchan",
              cpus,
              Map.of(),
              List.of("/usr/sbin/nginx", "-p", RUN.toString(), "-c", config.toString()));
      await(proc, port, "/", 404);
      return new Target(
          "nginx + Nchan",
          List.of(port),
          streams -> BenchProtocols.path("/sub/", streams),
          streams -> Comments.events("/pub/", streams),
          List.of(proc));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A node's port opens when it is ready. */
  private static void await(Proc proc, int port) {
    Await.until(
        () -> "port " + port + " to open:\n" + proc.log(),
        START,
        () -> !proc.alive() || opens(port));
  }

  private static boolean opens(int port) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  static void await(Proc proc, int port, String path, int status) {
    Await.until(
        () -> "port " + port + " to answer " + path + ":\n" + proc.log(),
        START,
        () -> !proc.alive() || status(port, path) == status);
    if (!proc.alive()) {
      throw new AssertionError("a server ended:\n" + proc.log());
    }
  }

  static int status(int port, String path) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
      connection.setConnectTimeout(2000);
      connection.setReadTimeout(2000);
      return connection.getResponseCode();
    } catch (IOException e) {
      return -1;
    }
  }

  private static String java() {
    return System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
  }

  private static void delete(Path dir) {
    try {
      if (Files.exists(dir)) {
        try (var files = Files.walk(dir)) {
          files.sorted(java.util.Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
