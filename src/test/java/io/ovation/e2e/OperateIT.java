package io.ovation.e2e;

import static io.ovation.testkit.TestCluster.ALL;
import static io.ovation.testkit.TestCluster.INGRESS;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.queue.Partitions;
import io.ovation.testkit.Await;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.Servers;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestViewer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What operators use, on a live cluster: metrics, partitions, check, logs; and promtool. */
@ExtendWith(ShowLogs.class)
class OperateIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String JAVA = System.getProperty("java.home") + "/bin/java";
  private static final String JAR = Path.of("target", "app.jar").toString();
  private static final Path PROMETHEUS = Path.of("deploy", "prometheus");
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:ovation|jvm|process|system)_[a-z_0-9]+");

  /** Metrics of parts that this cluster does not have: a local disk, an origin, TLS. */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "ovation_disk_sync_seconds_bucket",
          "ovation_liveness_breaker_open",
          "ovation_http_certificate_expiry_timestamp_seconds");

  private static final String MARK = "Zebra7Mark";
  private static final Pattern ADDRESS = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+|:\\d{4,5}\\b");
  private static final Set<String> LABELS =
      Set.of(
          ("le action bound code commit door hook lane method op outcome own partition per queue reason"
                  + " region role route rule service to transport type version")
              .split(" "));

  @TempDir Path directory;

  @Test
  void metricsPartitionsCheckAndLogsOfALiveCluster() throws Exception {
    try (TestCluster cluster = TestCluster.start(Map.of(), ALL, INGRESS, ALL);
        TestViewer viewer = TestViewer.watch(cluster.node(0), "s1", "bob")) {
      cluster.node(1).api().accepted("s1", "alice", "hello");
      viewer.awaitMessage("comment", it -> it.getString("text").equals("hello"));
      everyMetricOfAlertsAndDashboardsExists(cluster);
      eachHopWasTimed(cluster);
      labelsHaveFewValuesAndNameNobody(cluster);
      anyNodeShowsEachPartitionWithItsOwner(cluster);
      aPartitionThatFailedShowsWhyAndIsTakenAgain(cluster, viewer);
      checkFindsNothingWrongButSettings();
      aPlannedStopLeavesOneLine(cluster);
    }
  }

  private static void everyMetricOfAlertsAndDashboardsExists(TestCluster cluster)
      throws IOException {
    Set<String> named = new TreeSet<>();
    List<Path> files = new ArrayList<>(List.of(PROMETHEUS.resolve("alerts.yml")));
    files.addAll(dashboards());
    files.add(Path.of("deploy", "helm", "ovation", "values.yaml"));
    for (Path file : files) {
      METRIC.matcher(Files.readString(file)).results().forEach(m -> named.add(m.group()));
    }
    named.removeAll(ELSEWHERE);
    // RegionsIT has nodes with these.
    named.removeIf(name -> name.startsWith("ovation_region_"));
    assertThat(named).hasSizeGreaterThan(40);
    // Also on the node without the role dispatch.
    assertThat(cluster.nodes()).allMatch(node -> node.metrics().has("ovation_clock_skew_seconds"));
    Await.until(
        () -> "metrics to exist: " + missing(named, cluster),
        LIMIT,
        () -> missing(named, cluster).isEmpty());
  }

  private static Set<String> missing(Set<String> named, TestCluster cluster) {
    Set<String> exported =
        cluster.nodes().stream()
            .filter(NodeProcess::alive)
            .flatMap(node -> node.metrics().series().keySet().stream())
            .map(series -> series.replaceFirst("\\{.*", ""))
            .collect(Collectors.toSet());
    return named.stream()
        .filter(name -> !exported.contains(name))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void eachHopWasTimed(TestCluster cluster) {
    for (String hop :
        List.of(
            "ovation_ingress_confirm",
            "ovation_dispatch_wait",
            "ovation_dispatch_answer",
            "ovation_deliver_write",
            "ovation_deliver_latency")) {
      Await.until(
          hop + " to have been timed", LIMIT, () -> cluster.sum(hop + "_seconds_count") > 0);
    }
    assertThat(cluster.sum("ovation_deliver_latency_seconds_sum")).isBetween(0.0, 30.0);
  }

  /** A label that named users, streams, ids, paths or addresses would make a series of each. */
  private static void labelsHaveFewValuesAndNameNobody(TestCluster cluster) {
    Set<String> ids = new TreeSet<>();
    for (int i = 0; i < 12; i++) {
      String mark = MARK + i;
      NodeProcess node = cluster.node(i % 3);
      ids.add(node.api().accepted(mark, mark, mark));
      String stream = "/streams/" + mark;
      node.api().post(stream + "/reactions", JsonObject.of("user", mark, "kind", "like").encode());
      node.api().post(stream + "/reactions", JsonObject.of("user", mark, "kind", mark).encode());
      node.api().get("/" + mark);
      node.api().method("DELETE", stream + "/comments/" + mark + "?user=" + mark);
      node.api().method("PATCH", stream + "/bans/" + mark);
      JsonObject ban = JsonObject.of("for", "1m", "reason", mark);
      node.operators().method("PUT", "/admin" + stream + "/bans/" + mark, ban);
      node.operators().get("/queue/dead-letters/" + mark + "/" + mark);
      TestViewer.watch(cluster.node(0), mark, mark + "viewer").close();
    }
    Set<String> names = new TreeSet<>();
    for (NodeProcess node : cluster.nodes()) {
      node.metrics()
          .labels()
          .forEach(
              (label, values) -> {
                if (label.startsWith("ovation_")) {
                  names.add(label.substring(label.indexOf('.') + 1));
                }
                assertThat(values)
                    .as(label)
                    .hasSizeLessThan(80)
                    .noneMatch(value -> value.contains(MARK) || ids.contains(value))
                    .noneMatch(value -> ADDRESS.matcher(value).find());
              });
    }
    // Before you add one: how many values can it have?
    assertThat(LABELS).containsAll(names);
  }

  private static void anyNodeShowsEachPartitionWithItsOwner(TestCluster cluster) {
    for (NodeProcess node : cluster.nodes()) {
      JsonObject all = node.operators().get("/partitions").json();
      assertThat(all.getJsonArray("partitions")).hasSize(16);
      for (Object each : all.getJsonArray("partitions")) {
        JsonObject partition = (JsonObject) each;
        assertThat(partition.getString("owner")).as(partition.encode()).isNotNull();
        assertThat(partition.getString("state")).isEqualTo("owning");
        assertThat(partition.getLong("epoch")).isPositive();
        assertThat(partition.getJsonObject("depth").getLong("comments")).isZero();
      }
      assertThat(all.getJsonArray("members")).hasSize(3);
    }
  }

  /** The store gave its epoch to another owner, so that it refuses this one's next append. */
  private static void aPartitionThatFailedShowsWhyAndIsTakenAgain(
      TestCluster cluster, TestViewer viewer) {
    int number = new Partitions(16).of("s1");
    NodeProcess asked = cluster.node(1);
    JsonObject before = partition(asked, number);
    assertThat(before.getString("last_error")).isNull();
    Servers.redis().increment("ov:{p" + number + "}:epoch");
    asked.api().accepted("s1", "alice", "again");
    viewer.awaitMessage("comment", it -> it.getString("text").equals("again"));
    JsonObject after = partition(asked, number);
    assertThat(after.getString("last_error"))
        .matches(
            "partition %d: epoch %d is stale \\(\\d+ s ago\\)"
                .formatted(number, before.getLong("epoch")));
    assertThat(after.getString("state")).isEqualTo("owning");
    assertThat(after.getLong("epoch")).isGreaterThan(before.getLong("epoch"));
  }

  private static JsonObject partition(NodeProcess node, int number) {
    return node.operators().get("/partitions").json().getJsonArray("partitions").stream()
        .map(JsonObject.class::cast)
        .filter(it -> it.getInteger("partition") == number)
        .findFirst()
        .orElseThrow();
  }

  /** The test's Redis is faster than it is safe. */
  private static void checkFindsNothingWrongButSettings() throws Exception {
    String output =
        run(
            Map.of(
                "OVATION_RABBITMQ_URI", Servers.rabbit().uri(),
                "OVATION_REDIS_URI", Servers.redis().uri()),
            List.of(JAVA, "-jar", JAR, "check"));
    assertThat(output)
        .containsPattern("ok +rabbitmq +a quorum queue takes, confirms and gives an item")
        .containsPattern("ok +redis +takes writes")
        .containsPattern("ok +redis +this machine's clock")
        .doesNotContainPattern("WRONG +rabbitmq");
  }

  private static void aPlannedStopLeavesOneLine(TestCluster cluster) {
    NodeProcess ingress = cluster.node(1);
    NodeProcess dispatcher = cluster.node(0);
    int ofIngress = ingress.log().length();
    int ofDispatcher = dispatcher.log().length();
    assertThat(cluster.node(2).terminate()).isZero();
    awaitLine(ingress, ofIngress, " left; members are ");
    awaitLine(dispatcher, ofDispatcher, " left; members are ");
    awaitLine(dispatcher, ofDispatcher, "took partitions ");
    assertThat(ingress.log().substring(ofIngress).lines().toList()).hasSize(1);
    assertThat(dispatcher.log().substring(ofDispatcher).lines().toList())
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains(" left; members are "))
        .anySatisfy(line -> assertThat(line).containsPattern("took partitions \\d.* \\(of 16\\)"));
    assertThat(cluster.nodes()).allSatisfy(it -> assertThat(it.log()).doesNotContain("\tat "));
  }

  private static void awaitLine(NodeProcess node, int from, String text) {
    Await.until(
        () -> text + " in: " + node.log().substring(from),
        LIMIT,
        () -> node.log().substring(from).contains(text));
  }

  @Test
  void promtoolTakesRulesAndTheirTests() throws Exception {
    String rules = PROMETHEUS.resolve("alerts.yml").toString();
    assertThat(run(Map.of(), List.of("promtool", "check", "rules", rules))).contains("SUCCESS");
    String panels = panels(directory.resolve("panels.yml")).toString();
    assertThat(run(Map.of(), List.of("promtool", "check", "rules", panels))).contains("SUCCESS");
    String tests = PROMETHEUS.resolve("alerts_test.yml").toString();
    assertThat(run(Map.of(), List.of("promtool", "test", "rules", tests))).contains("SUCCESS");
  }

  /** Writes the expression of each panel as a rule: promtool reads no dashboards. */
  private static Path panels(Path file) throws IOException {
    StringBuilder rules = new StringBuilder("groups:\n- name: panels\n  rules:\n");
    int count = 0;
    for (Path dashboard : dashboards()) {
      for (String expression : expressions(dashboard)) {
        String rule = "  - record: panel_%d\n    expr: %s\n";
        rules.append(rule.formatted(count++, Json.encode(expression)));
      }
    }
    assertThat(count).isGreaterThan(40);
    return Files.writeString(file, rules);
  }

  /** Three regions in one Prometheus: tokyo and paris are chosen. */
  @Test
  void theDashboardOfRegionsShowsThePairThatIsChosenInBothDirections() throws Exception {
    Path file = Path.of("deploy", "grafana", "dashboards", "ovation-regions.json");
    List<String> shown =
        expressions(file).stream()
            .map(it -> it.replace("$own", "tokyo").replace("$other", "paris"))
            .toList();
    assertThat(shown).hasSizeGreaterThan(15).allMatch(it -> it.contains("tokyo"));
    String there = shown.get(0);
    String back = shown.get(1);
    String test =
        """
        tests:
        - interval: 5s
          input_series:
          - {series: 'ovation_region_info{job="o",instance="t",own="tokyo"}', values: 1x20}
          - {series: 'ovation_region_info{job="o",instance="p",own="paris"}', values: 1x20}
          - {series: 'ovation_region_info{job="o",instance="l",own="lima"}', values: 1x20}
          - {series: 'ovation_region_lag_seconds{job="o",instance="t",region="paris"}', values: 7x20}
          - {series: 'ovation_region_lag_seconds{job="o",instance="t",region="lima"}', values: 8x20}
          - {series: 'ovation_region_lag_seconds{job="o",instance="p",region="tokyo"}', values: 9x20}
          - {series: 'ovation_region_lag_seconds{job="o",instance="l",region="tokyo"}', values: 5x20}
          promql_expr_test:
          - expr: %s
            eval_time: 1m
            exp_samples: [{labels: '{own="tokyo",region="paris"}', value: 7}]
          - expr: %s
            eval_time: 1m
            exp_samples: [{labels: '{own="paris",region="tokyo"}', value: 9}]
        """
            .formatted(Json.encode(there), Json.encode(back));
    String tests = Files.writeString(directory.resolve("pair_test.yml"), test).toString();
    assertThat(run(Map.of(), List.of("promtool", "test", "rules", tests))).contains("SUCCESS");
  }

  private static List<String> expressions(Path dashboard) throws IOException {
    List<String> expressions = new ArrayList<>();
    for (Object panel : new JsonObject(Files.readString(dashboard)).getJsonArray("panels")) {
      for (Object target : ((JsonObject) panel).getJsonArray("targets", new JsonArray())) {
        expressions.add(((JsonObject) target).getString("expr"));
      }
    }
    return expressions;
  }

  private static List<Path> dashboards() throws IOException {
    try (Stream<Path> dashboards = Files.list(Path.of("deploy", "grafana", "dashboards"))) {
      return dashboards.sorted().toList();
    }
  }

  @Test
  void eachAlertHasARunbookEntry() throws IOException {
    String runbook = Files.readString(Path.of("docs", "operations.md"));
    List<String> alerts =
        Pattern.compile("alert: (\\w+)")
            .matcher(Files.readString(PROMETHEUS.resolve("alerts.yml")))
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(alerts).hasSizeGreaterThan(20);
    for (String alert : alerts) {
      assertThat(runbook).contains("### " + alert + "\n");
    }
  }

  /** Returns what it printed; its exit code is the caller's concern. */
  private static String run(Map<String, String> environment, List<String> command)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(key -> key.startsWith("OVATION_"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    process.waitFor();
    return new String(output, StandardCharsets.UTF_8);
  }
}
