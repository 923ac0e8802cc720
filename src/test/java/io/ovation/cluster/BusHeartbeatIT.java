package io.ovation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.config.InMemoryXmlConfig;
import io.ovation.metrics.Metrics;
import io.ovation.testkit.Await;
import io.ovation.testkit.ClusterXml;
import io.ovation.testkit.Contention;
import io.ovation.testkit.CutProxy;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.Ports;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three members, of which one's event bus is behind a proxy that can be cut. */
class BusHeartbeatIT {
  private static final Duration KNOWN = Duration.ofSeconds(5);
  private static final Duration HEALED = Duration.ofSeconds(10);

  private final List<ClusterXml> files = ClusterXml.of(3);
  private final int behind = Ports.free();
  private final CutProxy proxy = new CutProxy(behind);
  private final List<Vertx> nodes = new ArrayList<>();
  private final List<BusHeartbeat> heartbeats = new ArrayList<>();
  private final List<Cluster> clusters = new ArrayList<>();

  @BeforeEach
  void start() {
    for (ClusterXml file : files.subList(0, 2)) {
      join(file, bus());
    }
  }

  private static EventBusOptions bus() {
    EventBusOptions bus = new EventBusOptions().setHost("127.0.0.1");
    BusHeartbeat.tune(bus);
    return bus;
  }

  private void join(ClusterXml file, EventBusOptions bus) {
    HazelcastClusterManager manager =
        new HazelcastClusterManager(new InMemoryXmlConfig(file.text()));
    Vertx vertx =
        FutureResult.of(
            Vertx.builder()
                .with(new VertxOptions().setEventBusOptions(bus))
                .withClusterManager(manager)
                .buildClustered());
    Cluster cluster = new HazelcastCluster(vertx, manager.getHazelcastInstance());
    nodes.add(vertx);
    clusters.add(cluster);
    heartbeats.add(BusHeartbeat.start(vertx, cluster, new Metrics()));
  }

  private void joinBehindProxy() {
    join(
        files.get(2),
        bus().setPort(behind).setClusterPublicHost("127.0.0.1").setClusterPublicPort(proxy.port()));
  }

  private void awaitAll(Duration limit) {
    Await.until(
        () ->
            "three members that reach one another, now "
                + heartbeats.stream().map(h -> text(h)).toList(),
        limit,
        () -> heartbeats.stream().allMatch(h -> h.state().succeeded() && text(h).equals(ALL)));
  }

  private static final String ALL = "members: 3";

  @AfterEach
  void close() {
    proxy.close();
    nodes.forEach(node -> FutureResult.of(node.close()));
  }

  private static String text(BusHeartbeat heartbeat) {
    return String.valueOf(
        heartbeat.state().succeeded()
            ? heartbeat.state().result()
            : heartbeat.state().cause().getMessage());
  }

  @Test
  void aMemberWhoseEventBusIsCutBeforeItStartsIsNotReadyUntilItIsHealed() {
    proxy.cut();
    joinBehindProxy();
    String cutOff = clusters.get(2).self();
    assertThat(heartbeats.get(2).state().failed()).isTrue();
    Await.until(
        "all to know it",
        Contention.allowedFor(KNOWN),
        () -> {
          assertThat(heartbeats.get(2).state().failed()).isTrue();
          return text(heartbeats.get(2)).contains(clusters.get(0).self())
              && knows(0, cutOff)
              && knows(1, cutOff);
        });
    assertThat(heartbeats.get(0).state().succeeded()).isTrue();

    proxy.heal();
    awaitAll(Contention.allowedFor(HEALED));
  }

  @Test
  void aMemberWhoseEventBusIsCutIsKnownInSecondsAndUsedAgainInSeconds() {
    joinBehindProxy();
    awaitAll(Duration.ofSeconds(60));
    String cutOff = clusters.get(2).self();
    nodes.get(2).eventBus().consumer("echo", message -> message.reply(message.body()));
    Await.until("the echo", Duration.ofSeconds(30), this::echoes);

    proxy.cut();
    Await.until("both to know it", KNOWN, () -> knows(0, cutOff) && knows(1, cutOff));
    Await.until("itself to know it", KNOWN, () -> heartbeats.get(2).state().failed());
    assertThat(heartbeats.get(0).state().succeeded()).isTrue();
    assertThat(text(heartbeats.get(2))).contains(clusters.get(0).self(), clusters.get(1).self());
    assertThat(clusters.get(0).members()).hasSize(3); // Hazelcast sees nothing.

    proxy.heal();
    Await.until("the echo again", HEALED, this::echoes);
    awaitAll(HEALED);
  }

  private boolean knows(int node, String cutOff) {
    return text(heartbeats.get(node)).contains("does not answer: [" + cutOff + "]");
  }

  private boolean echoes() {
    DeliveryOptions options = new DeliveryOptions().setSendTimeout(500);
    var echo = nodes.get(0).eventBus().request("echo", "x", options);
    Await.until("an answer", Duration.ofSeconds(10), echo::isComplete);
    return echo.succeeded();
  }
}
