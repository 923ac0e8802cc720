package io.ovation.region;

import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.Ports;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestRegion;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.Map;

/**
 * Two regions, each with a RabbitMQ, a Redis and a cluster of its own. The link from {@code a} to
 * {@code b} leads through a proxy. Region {@code a} has two forwarders and a dispatcher on nodes of
 * their own; {@code b} is one node, and has more partitions.
 */
final class RegionPair implements AutoCloseable {
  /** Nodes of {@code a} that are killed; node 0 takes requests, serves viewers and dispatches. */
  static final int FORWARDER = 1;

  static final int DISPATCHER = 2;
  static final int OTHER_FORWARDER = 3;

  final TestRegion a;
  final TestRegion b;
  final FaultProxy link;
  private final Vertx vertx = Vertx.vertx();

  RegionPair() {
    List<TestRegion> regions = TestRegion.start("a", "b");
    a = regions.get(0);
    b = regions.get(1);
    link =
        new FaultProxy(
            vertx,
            "127.0.0.1",
            Ports.free(),
            () -> SocketAddress.inetSocketAddress(b.rabbit.port(), "127.0.0.1"));
    String throughProxy = b.rabbit.uri().replace(":" + b.rabbit.port(), ":" + link.port());
    String serving =
        String.join(",", TestCluster.INGRESS, TestCluster.DISPATCH, TestCluster.SUPERVISE);
    String forwarder = "io.ovation.region.RegionVerticle";
    // Few unacked items, so that a dispatcher that has to wait for an outbox stands still soon.
    Map<String, String> few =
        Map.of(
            "OVATION_AUTH_SECRET",
            RegionRing.SECRET,
            "OVATION_DISPATCH_PREFETCH",
            "100",
            "OVATION_DISPATCH_BATCH",
            "100");
    a.nodes(Map.of("b", throughProxy), few, serving, forwarder, TestCluster.DISPATCH, forwarder);
    b.nodes(
        Map.of("a", a.rabbit.uri()),
        Map.of("OVATION_AUTH_SECRET", RegionRing.SECRET, "OVATION_PARTITIONS", "6"),
        TestCluster.ALL);
    a.awaitReady();
    b.awaitReady();
  }

  @Override
  public void close() {
    a.close();
    b.close();
    link.close();
    vertx.close();
  }
}
