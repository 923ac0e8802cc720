package io.ovation.chaos;

import io.ovation.testkit.Balancer;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.FaultyClock;
import io.ovation.testkit.Namespaces;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RabbitServer;
import io.ovation.testkit.RedisServer;
import io.ovation.testkit.SmallDisk;
import io.ovation.testkit.TestOrigin;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes with all roles at default settings, a RabbitMQ and a Redis of their own, and between all of
 * them links that can be cut and slowed. As root each node has its own network and the servers have
 * small disks; on Linux each node has its own clock.
 */
final class ChaosCluster implements AutoCloseable {
  static final int SIZE = 3;
  private static final String LOCAL = "127.0.0.1";
  private static final int STARTS = 3;

  /** RabbitMQ's own log of writes takes 32 MiB, and below 50 MiB it takes nothing more. */
  private static final int BROKER_MIB = 400;

  private static final int STORE_MIB = 128;

  final boolean networks = Namespaces.available();
  final boolean clocks = FaultyClock.available();
  private final List<AutoCloseable> resources = new ArrayList<>();
  private final Vertx vertx;
  final @Nullable Namespaces namespaces;
  final @Nullable SmallDisk brokerDisk;
  final @Nullable SmallDisk storeDisk;
  final RabbitServer rabbit;
  final RedisServer redis;

  /** From node i to RabbitMQ, and to Redis. */
  final List<FaultProxy> toBroker = new ArrayList<>();

  final List<FaultProxy> toStore = new ArrayList<>();
  private final List<FaultyClock> steppedClocks = new ArrayList<>();
  private final List<NodeProcess> nodes = new ArrayList<>();
  private final List<Integer> busPorts = new ArrayList<>();
  final Balancer balancer;

  /** Where clients that know one address connect: it passes each on to a node that is ready. */
  final FaultProxy door;

  ChaosCluster(Vertx vertx, TestOrigin origin) {
    this(vertx, origin, SIZE);
  }

  ChaosCluster(Vertx vertx, TestOrigin origin, int size) {
    this.vertx = vertx;
    namespaces = networks ? kept(new Namespaces(size)) : null;
    brokerDisk = networks ? kept(new SmallDisk(BROKER_MIB)) : null;
    storeDisk = networks ? kept(new SmallDisk(STORE_MIB)) : null;
    rabbit = kept(brokerDisk == null ? new RabbitServer() : new RabbitServer(data(brokerDisk)));
    redis = kept(storeDisk == null ? new RedisServer() : new RedisServer(data(storeDisk)));
    FaultProxy toOrigin = proxy(hub(), URI.create(origin.uri()).getPort());
    List<ClusterXml> files = ClusterXml.of(IntStream.range(0, size).mapToObj(this::host).toList());
    for (int i = 0; i < size; i++) {
      toBroker.add(proxy(hub(), rabbit.port()));
      toStore.add(proxy(hub(), redis.port()));
      nodes.add(NodeProcess.start(spec(i, files.get(i), toOrigin)));
      if (i == 0) {
        // The others find a cluster to join.
        nodes.get(0).awaitReady();
      }
    }
    nodes.forEach(NodeProcess::awaitReady);
    balancer = kept(new Balancer(nodes));
    door =
        kept(
            new FaultProxy(
                vertx,
                LOCAL,
                Ports.free(),
                () -> SocketAddress.inetSocketAddress(balancer.pick(), LOCAL)));
  }

  private NodeSpec spec(int i, ClusterXml file, FaultProxy origin) {
    busPorts.add(Ports.free());
    NodeSpec spec =
        NodeSpec.named("n" + i)
            .in(file)
            .env("OVATION_RABBITMQ_URI", "amqp://guest:guest@" + toBroker.get(i).address())
            .env("OVATION_REDIS_URI", "redis://" + toStore.get(i).address())
            .env("OVATION_LIVENESS_ORIGIN", "http://" + origin.address());
    if (namespaces != null) {
      spec =
          spec.launchedBy(namespaces.launcher(i))
              .argument("-cluster-port")
              .argument("" + busPorts.get(i))
              .env("OVATION_HTTP_HOST", host(i))
              .env("OVATION_OPERATE_HOST", host(i))
              .env("OVATION_OPERATE_TOKEN", "operators-of-chaos");
      // Clients of this process reach the node as if it were here.
      String host = host(i);
      for (int port : new int[] {spec.port(), spec.operatePort()}) {
        kept(new FaultProxy(vertx, LOCAL, port, () -> SocketAddress.inetSocketAddress(port, host)));
      }
    }
    if (clocks) {
      FaultyClock clock = new FaultyClock(made(spec.dir()).resolve("clock"));
      steppedClocks.add(clock);
      for (Map.Entry<String, String> setting : clock.environment().entrySet()) {
        spec = spec.env(setting.getKey(), setting.getValue());
      }
    }
    return spec;
  }

  private static Path data(SmallDisk disk) {
    return made(disk.dir().resolve("data"));
  }

  private static Path made(Path dir) {
    try {
      return Files.createDirectories(dir);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private FaultProxy proxy(String host, int target) {
    return kept(
        new FaultProxy(
            vertx, host, Ports.free(), () -> SocketAddress.inetSocketAddress(target, LOCAL)));
  }

  private String hub() {
    return namespaces == null ? LOCAL : namespaces.hub();
  }

  private String host(int i) {
    return namespaces == null ? LOCAL : namespaces.address(i);
  }

  private <T extends AutoCloseable> T kept(T resource) {
    resources.add(resource);
    return resource;
  }

  /** The network of the nodes; only where {@link #networks}. */
  Namespaces network() {
    return Objects.requireNonNull(namespaces);
  }

  int busPort(int i) {
    return busPorts.get(i);
  }

  /** Only where {@link #clocks}. */
  FaultyClock clock(int i) {
    return steppedClocks.get(i);
  }

  NodeProcess node(int i) {
    return nodes.get(i);
  }

  List<NodeProcess> nodes() {
    return List.copyOf(nodes);
  }

  /**
   * Starts a node that has ended; returns when it is ready. A start that ends is repeated, as
   * systemd and Kubernetes do: Hazelcast refuses to join within the second after another member's
   * clock has stepped.
   */
  void restart(int i) {
    for (int start = 1; ; start++) {
      NodeProcess node = NodeProcess.start(nodes.get(i).spec());
      nodes.set(i, node);
      try {
        node.awaitReady();
        return;
      } catch (AssertionError e) {
        if (node.alive() || start == STARTS) {
          throw e;
        }
      }
    }
  }

  /** What this machine and user can break. */
  String abilities() {
    return "nodes have %s and %s"
        .formatted(
            networks ? "their own networks, servers small disks" : "one network (not root)",
            clocks ? "their own clocks" : "one clock (not Linux)");
  }

  @Override
  public void close() {
    nodes.forEach(NodeProcess::close);
    for (int i = resources.size() - 1; i >= 0; i--) {
      try {
        resources.get(i).close();
      } catch (Exception e) {
        System.err.println("not closed: " + e);
      }
    }
  }
}
