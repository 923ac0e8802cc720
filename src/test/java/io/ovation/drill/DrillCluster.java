package io.ovation.drill;

import io.ovation.queue.Partitions;
import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.CommentLoad;
import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.FaultyClock;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RabbitServer;
import io.ovation.testkit.StreamViewers;
import io.ovation.testkit.TestOrigin;
import io.ovation.testkit.TestRegion;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A small show under a light load: three nodes with every role, their RabbitMQ, their Redis behind
 * a proxy, an origin, and another region behind a second proxy. The first node takes the load; the
 * second has TLS; the third has few files and a clock that can be set.
 */
final class DrillCluster implements AutoCloseable {
  static final String TOKEN = "a-token-of-the-drill-of-32-characters";

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int FILES = 500;
  private static final int PARTITIONS = 8;
  private static final String HOST = "127.0.0.1";
  private static final List<String> STREAMS = StreamViewers.streams("show", 16);

  final TestRegion here;
  final TestRegion tokyo;
  final FaultProxy store;
  final FaultProxy link;
  final TestOrigin origin = new TestOrigin().atOnce();
  final FaultyClock clock;
  final DrillCertificate certificate;
  final NodeProcess loaded;
  final NodeProcess withTls;
  final NodeProcess weak;
  private final Vertx vertx = Vertx.vertx();
  private final StreamViewers viewers;
  private final CommentLoad load;

  DrillCluster(Path dir) {
    List<TestRegion> regions = TestRegion.start("here", "tokyo");
    here = regions.get(0);
    tokyo = regions.get(1).nodes(Map.of(), Map.of(), "");
    store = proxy(here.redis.port());
    link = proxy(tokyo.rabbit.port());
    clock = new FaultyClock(dir.resolve("clock"));
    certificate = new DrillCertificate(dir);
    List<ClusterXml> files = ClusterXml.of(3);
    loaded = NodeProcess.start(spec("loaded", files.get(0))).awaitServing();
    withTls =
        NodeProcess.start(
            spec("with-tls", files.get(1))
                .env("OVATION_HTTP_TLS_CERTIFICATE", certificate.certificate.toString())
                .env("OVATION_HTTP_TLS_KEY", certificate.key.toString()));
    NodeSpec third = spec("weak", files.get(2)).launchedBy(List.of("prlimit", "--nofile=" + FILES));
    for (Map.Entry<String, String> setting : clock.environment().entrySet()) {
      third = third.env(setting.getKey(), setting.getValue());
    }
    weak = NodeProcess.start(third).awaitReady();
    tokyo.awaitReady();
    Await.until(
        "all nodes to be ready", LIMIT, () -> nodes().stream().allMatch(DrillCluster::ready));
    viewers = StreamViewers.watch(List.of(loaded, weak), STREAMS, 1);
    load = CommentLoad.start(List.of(loaded), STREAMS, 20);
  }

  /** With batches of one, a small machine is enough to show a stream that is too hot. */
  private NodeSpec spec(String name, ClusterXml file) {
    return NodeSpec.named(name)
        .in(file)
        .env("OVATION_OPERATE_TOKEN", TOKEN)
        .env("OVATION_DISPATCH_BATCH", "1")
        .env("OVATION_REGION", "here")
        .env("OVATION_PARTITIONS", "" + PARTITIONS)
        .env("OVATION_RABBITMQ_URI", here.rabbit.uri())
        .env("OVATION_REDIS_URI", "redis://" + store.address())
        .env("OVATION_LIVENESS_ORIGIN", origin.uri())
        .env("OVATION_REGIONS_TOKYO_QUEUE", at(link.port(), tokyo.rabbit));
  }

  private static String at(int port, RabbitServer rabbit) {
    return rabbit.uri().replace(":" + rabbit.port(), ":" + port);
  }

  private static boolean ready(NodeProcess node) {
    try {
      return node.operators().get("/health/ready").status() == 200;
    } catch (java.io.UncheckedIOException notListening) {
      return false;
    }
  }

  private FaultProxy proxy(int target) {
    return new FaultProxy(
        vertx, HOST, Ports.free(), () -> SocketAddress.inetSocketAddress(target, HOST));
  }

  Partitions partitions() {
    return new Partitions(PARTITIONS);
  }

  List<NodeProcess> nodes() {
    return List.of(loaded, withTls, weak);
  }

  @Override
  public void close() {
    load.close();
    viewers.close();
    nodes().forEach(NodeProcess::close);
    here.close();
    tokyo.close();
    origin.close();
    var unused = vertx.close();
  }
}
