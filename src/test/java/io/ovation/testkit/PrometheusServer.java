package io.ovation.testkit;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A real Prometheus with the files of {@code deploy/prometheus}: their rules, their intervals. Only
 * targets and token are the test's.
 */
public final class PrometheusServer implements AutoCloseable {
  private static final Path SHIPPED = Path.of("deploy", "prometheus");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final int port = Ports.free();
  private final Api api = new Api(port);
  private final Process process;

  /** An alert that waits for its {@code for}, or fires. */
  public record Alert(String name, boolean firing, String summary) {}

  /**
   * Starts it; returns when it has scraped each target once.
   *
   * @param dir new and of its own
   * @param ports the nodes' operators' ports
   * @param token {@code operate.token} of the nodes
   */
  public PrometheusServer(Path dir, Collection<Integer> ports, String token) {
    try {
      Files.createDirectories(dir);
      Files.copy(SHIPPED.resolve("alerts.yml"), dir.resolve("alerts.yml"));
      Files.writeString(dir.resolve("operate-token"), token);
      String targets =
          ports.stream()
              .map(each -> "\"127.0.0.1:" + each + "\"")
              .collect(Collectors.joining(", ", "targets: [", "]"));
      String shipped = Files.readString(SHIPPED.resolve("prometheus.yml"));
      Files.writeString(
          dir.resolve("prometheus.yml"), shipped.replaceFirst("targets: \\[.*]", targets));
      process =
          new ProcessBuilder(
                  "prometheus",
                  "--config.file=" + dir.resolve("prometheus.yml"),
                  "--storage.tsdb.path=" + dir.resolve("data"),
                  "--web.listen-address=127.0.0.1:" + port,
                  "--log.level=warn")
              .redirectErrorStream(true)
              .redirectOutput(dir.resolve("output.log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("is prometheus installed?", e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Await.until("Prometheus to scrape all nodes", PATIENCE, () -> up() == ports.size());
  }

  /** How many targets answered its last scrape. */
  private long up() {
    try {
      Api.Answer answer = api.get("/api/v1/targets?state=active");
      if (answer.status() != 200) {
        return 0; // It still starts.
      }
      List<JsonObject> targets = objects(answer.json(), "activeTargets");
      return targets.stream().filter(target -> target.getString("health").equals("up")).count();
    } catch (UncheckedIOException notListening) {
      return 0;
    }
  }

  /** What {@code /api/v1/alerts} has now. */
  public List<Alert> alerts() {
    List<Alert> alerts = new ArrayList<>();
    for (JsonObject each : objects(api.get("/api/v1/alerts").json(), "alerts")) {
      alerts.add(
          new Alert(
              each.getJsonObject("labels").getString("alertname"),
              each.getString("state").equals("firing"),
              each.getJsonObject("annotations").getString("summary")));
    }
    return alerts;
  }

  private static List<JsonObject> objects(JsonObject answer, String key) {
    return answer.getJsonObject("data").getJsonArray(key).stream()
        .map(JsonObject.class::cast)
        .toList();
  }

  /** Its page, for people. */
  public String url() {
    return "http://127.0.0.1:" + port + "/alerts";
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
