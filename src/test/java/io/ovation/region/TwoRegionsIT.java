package io.ovation.region;

import static io.ovation.region.RegionRing.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.testkit.Await;
import io.ovation.testkit.FaultProxy;
import io.ovation.testkit.NodeProcess;
import io.ovation.testkit.NodeSpec;
import io.ovation.testkit.Ports;
import io.ovation.testkit.ShowLogs;
import io.ovation.testkit.TestCluster;
import io.ovation.testkit.TestRegion;
import io.ovation.testkit.TestViewer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two regions. What waits in the outboxes of {@code a} for {@code b} is dropped after 5 s. */
@ExtendWith(ShowLogs.class)
class TwoRegionsIT {
  private static final String STREAM = "aged";

  /** Each is an item of its own. A forwarder holds 100; the others wait in the outbox. */
  private static final int COMMENTS = 115;

  private static final Vertx VERTX = Vertx.vertx();
  private static TestRegion a;
  private static TestRegion b;
  private static FaultProxy link;

  @BeforeAll
  static void start() {
    List<TestRegion> regions = TestRegion.start("a", "b");
    a = regions.get(0);
    b = regions.get(1);
    link = to(b);
    b.nodes(Map.of("a", a.rabbit.uri()), Map.of(), TestCluster.ALL);
    a.nodes(
        Map.of("b", through(link, b)), Map.of("OVATION_REGIONS_OUTBOX_AGE", "5s"), TestCluster.ALL);
    regions.forEach(TestRegion::awaitReady);
  }

  @AfterAll
  static void stop() {
    a.close();
    b.close();
    link.close();
    VERTX.close();
  }

  private static FaultProxy to(TestRegion region) {
    return new FaultProxy(
        VERTX,
        "127.0.0.1",
        Ports.free(),
        () -> SocketAddress.inetSocketAddress(region.rabbit.port(), "127.0.0.1"));
  }

  private static String through(FaultProxy proxy, TestRegion region) {
    return region.rabbit.uri().replace(":" + region.rabbit.port(), ":" + proxy.port());
  }

  @Test
  void whatIsTooOldIsDroppedAndToldAsOneGapThatCoversExactlyIt() throws Exception {
    try (TestViewer inA = TestViewer.watch(a.node(0), STREAM, "v");
        TestViewer inB = TestViewer.watch(b.node(0), STREAM, "v")) {
      inB.awaitExactly(List.of(a.node(0).api().accepted(STREAM, "u", "first")), LIMIT);
      link.cut();
      for (int i = 0; i < COMMENTS; i++) {
        double put = a.sum("ovation_region_put_total");
        a.node(0).api().accepted(STREAM, "u" + i % 9, "text");
        Await.until("the outbox", LIMIT, () -> a.sum("ovation_region_put_total") > put);
      }
      awaitEmptyOutbox();
      Await.until("why b is away", LIMIT, () -> toB().getString("last_error") != null);
      link.heal();
      inB.await("what the forwarder held", LIMIT, v -> v.events().size() > 100);
      String last = a.node(0).api().accepted(STREAM, "u", "last");
      inB.awaitMessage("comment", m -> m.getString("id").equals(last));
      inA.await("the last", LIMIT, v -> v.events().size() == COMMENTS + 2);
      int lost = OutboxOverflow.checkGap(inA, inB);
      assertThat(a.sum("ovation_region_dropped_total")).isEqualTo(lost);
      assertThat(toB().getLong("dropped")).isEqualTo(lost);
      Await.until("b to be well", LIMIT, () -> toB().getString("last_error") == null);
    }
  }

  private static JsonObject toB() {
    return a.node(0).operators().get("/partitions").json().getJsonArray("regions").getJsonObject(0);
  }

  /** RabbitMQ counts no items that a forwarder holds. */
  private static void awaitEmptyOutbox() throws Exception {
    String outbox = QueueName.outbox("b", new Partitions(4).of(STREAM)).text();
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(a.rabbit.uri());
    try (Connection connection = factory.newConnection()) {
      Channel channel = connection.createChannel();
      Await.until("the rest to be too old", LIMIT, () -> waiting(channel, outbox) == 0);
    }
  }

  private static int waiting(Channel channel, String queue) {
    try {
      return channel.queueDeclarePassive(queue).getMessageCount();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theOwnBrokerUnderAnotherAddressAndUserIsRefusedAtStart() {
    a.rabbit.control("add_user", "far", "secret");
    a.rabbit.control("set_permissions", "far", "", "^amq\\.default$", "");
    try (FaultProxy alias = to(a)) {
      NodeSpec spec =
          NodeSpec.named("mirror")
              .env("OVATION_REGION", "a")
              .env("OVATION_PARTITIONS", "4")
              .env("OVATION_RABBITMQ_URI", a.rabbit.uri())
              .env("OVATION_REDIS_URI", a.redis.uri())
              .env("OVATION_REGIONS_FAR_QUEUE", "amqp://far:secret@127.0.0.1:" + alias.port());
      try (NodeProcess node = NodeProcess.start(spec)) {
        assertThat(node.awaitExit()).isEqualTo(78);
        assertThat(node.log()).contains("regions.far.queue leads to this region's own RabbitMQ");
      }
    }
  }
}
