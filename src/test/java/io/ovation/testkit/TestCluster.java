package io.ovation.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Nodes that form one cluster on the run's RabbitMQ and Redis. */
public final class TestCluster implements AutoCloseable {
  /** Role names as an operator gives them on the command line. */
  public static final String INGRESS = "io.ovation.ingress.IngressVerticle";

  public static final String DISPATCH = "io.ovation.dispatch.DispatchVerticle";
  public static final String SUPERVISE = "io.ovation.supervise.SupervisorVerticle";

  public static final String LIVENESS = "io.ovation.liveness.LivenessVerticle";

  /** All roles on one node. */
  public static final String ALL = "";

  private static final int PARTITIONS = 16;
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);

  private final List<NodeProcess> nodes = new ArrayList<>();

  private TestCluster() {}

  /** One node for each of {@code roles}; all are ready, and every partition has its owner. */
  public static TestCluster start(String... roles) {
    return start(Map.of(), roles);
  }

  /** The same with further settings of every node, such as {@code OVATION_SUPERVISE_LINGER}. */
  public static TestCluster start(Map<String, String> env, String... roles) {
    return start(i -> env, roles);
  }

  /** The same with further settings of each node, by its index. */
  public static TestCluster start(IntFunction<Map<String, String>> env, String... roles) {
    TestCluster cluster = new TestCluster();
    try {
      List<ClusterXml> files = ClusterXml.of(roles.length);
      for (int i = 0; i < roles.length; i++) {
        NodeSpec spec =
            NodeSpec.named("n" + i)
                .in(files.get(i))
                .env("OVATION_RABBITMQ_URI", Servers.rabbit().uri())
                .env("OVATION_REDIS_URI", Servers.redis().uri());
        for (Map.Entry<String, String> setting : env.apply(i).entrySet()) {
          spec = spec.env(setting.getKey(), setting.getValue());
        }
        spec = roles[i].isEmpty() ? spec : spec.role(roles[i]);
        cluster.nodes.add(NodeProcess.start(spec));
        if (i == 0) {
          // The others find a cluster to join; started all at once, several could be the first.
          cluster.nodes.get(0).awaitServing();
        }
      }
      cluster.nodes.forEach(NodeProcess::awaitReady);
      cluster.awaitOwners();
      return cluster;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  /** Waits until the living nodes own each partition once. */
  public void awaitOwners() {
    Await.until(
        () -> "each partition to have one owner, now " + owned(),
        SETTLE_LIMIT,
        () -> owned().stream().mapToInt(Integer::intValue).sum() == PARTITIONS);
  }

  /** How many partitions each living node owns, in the nodes' order. */
  public List<Integer> owned() {
    return alive()
        .map(node -> (int) node.metrics().sum("ovation_dispatch_partitions_owned"))
        .toList();
  }

  /** A counter's sum over the living nodes. */
  public double sum(String metric) {
    return alive().mapToDouble(node -> node.metrics().sum(metric)).sum();
  }

  private Stream<NodeProcess> alive() {
    return nodes.stream().filter(NodeProcess::alive);
  }

  public NodeProcess node(int index) {
    return nodes.get(index);
  }

  public List<NodeProcess> nodes() {
    return List.copyOf(nodes);
  }

  /** Starts a dead node again. */
  public NodeProcess restart(int index) {
    if (nodes.get(index).alive()) {
      return nodes.get(index);
    }
    NodeProcess again = NodeProcess.start(nodes.get(index).spec()).awaitReady();
    nodes.set(index, again);
    return again;
  }

  @Override
  public void close() {
    nodes.forEach(NodeProcess::close);
  }
}
