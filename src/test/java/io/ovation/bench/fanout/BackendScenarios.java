package io.ovation.bench.fanout;

import io.ovation.bench.fanout.Scenario.Length;
import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.CrowdProtocol;
import io.ovation.testkit.RabbitServer;
import io.ovation.testkit.RedisServer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** With RabbitMQ and Redis: what they add to a comment's way, and what more nodes cost. */
final class BackendScenarios {
  private BackendScenarios() {}

  static List<Scenario> all() {
    return List.of(
        new Scenario(
            "backends",
            "1,000 viewers, 50 comments/s through RabbitMQ and Redis, nothing pinned",
            false,
            BackendScenarios::backends),
        new Scenario(
            "streams-backends",
            "1,000 streams of 10 viewers, 1 comment/s each, through RabbitMQ and Redis, nothing"
                + " pinned",
            false,
            BackendScenarios::streams),
        new Scenario(
            "cluster",
            "1, 2, 4 nodes with RabbitMQ and Redis, 4,000 viewers in all, 10 comments/s",
            false,
            BackendScenarios::cluster));
  }

  private static void backends(Figures figures, Length length) throws Exception {
    String cores = "0,1";
    Pin.self(cores);
    int warm = length.seconds(20, 8);
    int time = length.seconds(30, 10);
    try (RabbitServer rabbit = new RabbitServer();
        RedisServer redis = new RedisServer()) {
      double confirm = ConfirmLatency.p99Ms(rabbit.uri(), 50, time);
      Progress.say("  PerfTest: confirm p99 %.1f ms", confirm);
      double pass;
      try (Target bare = Targets.bare(cores)) {
        figures.run(Run.of(bare, 1_000, 50, 5, length.seconds(10, 5)).measure());
        pass = passMs(bare);
      }
      JsonObject ours;
      try (Target target = Targets.ovation(cores, List.of(), uris(rabbit, redis), "ovation")) {
        ours = figures.run(Run.of(target, 1_000, 50, warm, time).measure());
      }
      figures.run(
          new JsonObject().put("perftest_confirm_p99_ms", confirm).put("bare_pass_ms", pass));
      figures.note("PerfTest's confirm p99, (b)'s pass", ms(confirm) + ", " + ms(pass));
      figures.atMost("POST to receipt, p99", " ms", ours.getDouble("p99_ms"), confirm + 3 * pass);
      figures.complete(ours);
    } finally {
      Pin.self("1");
    }
  }

  private static void streams(Figures figures, Length length) throws Exception {
    String cores = "0,1";
    Pin.self(cores);
    try (RabbitServer rabbit = new RabbitServer();
        RedisServer redis = new RedisServer();
        Target target = Targets.ovation(cores, List.of(), uris(rabbit, redis), "ovation")) {
      int warm = length.seconds(30, 10);
      JsonObject ours =
          figures.run(FanoutScenarios.manyStreams(target, warm, length.seconds(30, 8)).measure());
      figures.note("p50", ms(ours.getDouble("p50_ms")));
      figures.atMost("p99", " ms", ours.getDouble("p99_ms"), 25);
      figures.complete(ours);
    } finally {
      Pin.self("1");
    }
  }

  private static String ms(double value) {
    return Figures.number(value) + " ms";
  }

  private static double passMs(Target bare) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + bare.port() + "/pass");
    try (var in = uri.toURL().openStream()) {
      return Long.parseLong(new String(in.readAllBytes(), StandardCharsets.US_ASCII)) / 1e6;
    }
  }

  private static Map<String, String> uris(RabbitServer rabbit, RedisServer redis) {
    return Map.of("OVATION_RABBITMQ_URI", rabbit.uri(), "OVATION_REDIS_URI", redis.uri());
  }

  private static void cluster(Figures figures, Length length) throws Exception {
    List<Double> perCpu = new ArrayList<>();
    try (RabbitServer rabbit = new RabbitServer();
        RedisServer redis = new RedisServer()) {
      for (int nodes : List.of(1, 2, 4)) {
        try (Target target = nodes(nodes, uris(rabbit, redis))) {
          Run run =
              Run.of(target, 4_000, 10, length.seconds(15, 6), length.seconds(20, 8)).burst(100);
          JsonObject measured = figures.run(run.measure().put("nodes", nodes));
          perCpu.add(measured.getDouble("deliveries_per_cpu_second"));
          figures.complete(measured);
        }
      }
    }
    figures.note("1 node, deliveries per CPU-second", Figures.number(perCpu.get(0)));
    for (int i = 1; i < perCpu.size(); i++) {
      double fall = 100 * (1 - perCpu.get(i) / perCpu.get(0));
      figures.atMost((i == 1 ? 2 : 4) + " nodes, falls by", " %", fall, 25);
    }
  }

  private static Target nodes(int count, Map<String, String> uris) throws Exception {
    List<Target> nodes = new ArrayList<>();
    List<ClusterXml> files = ClusterXml.of(count);
    for (int i = 0; i < count; i++) {
      Path file = Path.of("target", "bench", "run", "cluster-" + i + ".xml").toAbsolutePath();
      Files.writeString(file, files.get(i).text());
      Map<String, String> env = new java.util.HashMap<>(uris);
      env.put("OVATION_CLUSTER_FILE", file.toString());
      nodes.add(Targets.ovation("0", List.of("-cluster"), env, "node-" + i));
    }
    Await.pass(Duration.ofSeconds(8)); // until every partition has its owner
    return new Target(
        count + (count == 1 ? " node" : " nodes"),
        nodes.stream().map(Target::port).toList(),
        CrowdProtocol::plain,
        Comments::api,
        nodes.stream().map(Target::proc).toList());
  }
}
