package io.ovation.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One region of its own: a RabbitMQ, a Redis, and nodes that form a cluster. Its servers outlive
 * its nodes, so that these can be killed and started again.
 */
public final class TestRegion implements AutoCloseable {
  public final String name;
  public final RabbitServer rabbit;
  public final RedisServer redis = new RedisServer();
  private final List<NodeProcess> nodes = new ArrayList<>();

  private TestRegion(String name) {
    this.name = name;
    this.rabbit = new RabbitServer();
  }

  /** Regions without nodes; their servers start at the same time. */
  public static List<TestRegion> start(String... names) {
    List<CompletableFuture<TestRegion>> starting = new ArrayList<>();
    for (String name : names) {
      starting.add(CompletableFuture.supplyAsync(() -> new TestRegion(name)));
    }
    return starting.stream().map(CompletableFuture::join).toList();
  }

  /**
   * Starts one node for each of {@code roles}; {@link #awaitReady} waits for them.
   *
   * @param queues the other regions' RabbitMQ, by their names
   */
  public TestRegion nodes(Map<String, String> queues, Map<String, String> more, String... roles) {
    List<ClusterXml> files = ClusterXml.of(roles.length);
    for (int i = 0; i < roles.length; i++) {
      NodeSpec spec =
          NodeSpec.named(name + i)
              .in(files.get(i))
              .env("OVATION_REGION", name)
              .env("OVATION_PARTITIONS", "4")
              .env("OVATION_RABBITMQ_URI", rabbit.uri())
              .env("OVATION_REDIS_URI", redis.uri());
      for (Map.Entry<String, String> queue : queues.entrySet()) {
        spec =
            spec.env(
                "OVATION_REGIONS_" + queue.getKey().toUpperCase(java.util.Locale.ROOT) + "_QUEUE",
                queue.getValue());
      }
      for (Map.Entry<String, String> setting : more.entrySet()) {
        spec = spec.env(setting.getKey(), setting.getValue());
      }
      nodes.add(NodeProcess.start(roles[i].isEmpty() ? spec : spec.role(roles[i])));
      if (i == 0 && roles.length > 1) {
        nodes.get(0).awaitReady();
      }
    }
    return this;
  }

  public TestRegion awaitReady() {
    nodes.forEach(NodeProcess::awaitReady);
    return this;
  }

  /** Nodes and servers end at once. */
  public void kill() {
    nodes.forEach(NodeProcess::kill);
    rabbit.kill();
    redis.kill();
  }

  public NodeProcess node(int index) {
    return nodes.get(index);
  }

  /** Starts a killed node again. Does nothing if it runs. */
  public void restart(int index) {
    if (!nodes.get(index).alive()) {
      nodes.set(index, NodeProcess.start(nodes.get(index).spec()).awaitReady());
    }
  }

  /** A counter's or gauge's sum over the living nodes. */
  public double sum(String metric) {
    return nodes.stream()
        .filter(NodeProcess::alive)
        .mapToDouble(node -> node.metrics().sum(metric))
        .sum();
  }

  @Override
  public void close() {
    nodes.forEach(NodeProcess::close);
    rabbit.close();
    redis.close();
  }
}
