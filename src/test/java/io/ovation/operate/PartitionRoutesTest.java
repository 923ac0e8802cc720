package io.ovation.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.cluster.Role;
import io.ovation.http.HttpServers;
import io.ovation.http.WebFiles;
import io.ovation.ingress.OpenApiContract;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.QueueName;
import io.ovation.testkit.FakeCluster;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.testkit.RawHttp;
import io.ovation.wire.Addresses;
import io.ovation.wire.Codecs;
import io.ovation.wire.proto.PartitionStatus;
import io.ovation.wire.proto.PartitionsQuery;
import io.ovation.wire.proto.PartitionsReport;
import io.ovation.wire.proto.RegionLag;
import io.ovation.wire.proto.RegionsQuery;
import io.ovation.wire.proto.RegionsReport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three partitions; dispatchers are scripted. This node is no dispatcher. */
class PartitionRoutesTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeCluster cluster = new FakeCluster("here");
  private final int port = Ports.free();

  @BeforeEach
  void start() {
    Codecs.register(vertx.eventBus());
    HttpServers servers =
        new HttpServers(vertx, HttpSettings.of(port, 1_000).build(), 1_000, new Metrics());
    FutureResult.of(servers.mount(new PartitionRoutes(vertx, cluster, broker(), 3)));
    FutureResult.of(servers.mount(new WebFiles()));
    FutureResult.of(servers.listen());
    cluster.join("here", Role.INGRESS);
  }

  @AfterEach
  void stop() {
    FutureResult.of(vertx.close());
  }

  @Test
  void anyNodeShowsThePartitionsOfTheWholeCluster() {
    dispatcher(
        "a",
        PartitionStatus.newBuilder()
            .setPartition(0)
            .setState("owning")
            .setEpoch(4)
            .setLagMs(120)
            .setWindow(2)
            .addSuspended("c")
            .setLastError("it broke"));
    dispatcher("b", PartitionStatus.newBuilder().setPartition(2).setState("opening").setEpoch(9));
    JsonObject all = get();
    assertThat(partition(all, 0))
        .isEqualTo(
            new JsonObject(
                """
                {"partition":0,"owner":"a","state":"owning","epoch":4,"lag_ms":120,"window":2,
                 "suspended":["c"],"last_error":"it broke","depth":{"comments":10,"reactions":null}}
                """));
    assertThat(partition(all, 1).getString("owner")).isNull();
    assertThat(partition(all, 1).getString("state")).isEqualTo("none");
    assertThat(partition(all, 2).getString("owner")).isEqualTo("b");
    assertThat(partition(all, 2).getJsonObject("depth").getInteger("comments")).isEqualTo(12);
    assertThat(all.getJsonArray("members")).hasSize(3);
    assertThat(all.getJsonArray("silent")).isEmpty();
  }

  @Test
  void whatOtherRegionsMissAndGotIsThatOfTheWholeCluster() {
    assertThat(get().getJsonArray("regions")).isEmpty();
    RegionLag.Builder tokyo = RegionLag.newBuilder().setRegion("tokyo").setConnected(true);
    forwarder("f", tokyo.clone().setItems(2).setForwarded(40).setDropped(1));
    RegionLag.Builder behind = tokyo.setConnected(false).setLagMs(90).setItems(3).setBytes(700);
    forwarder("g", behind.setForwarded(2).setDropped(4).setLastError("no route"));
    answer("a", PartitionsReport.newBuilder().putArrivedBefore("tokyo", 5));
    answer(
        "b", PartitionsReport.newBuilder().putArrivedBefore("tokyo", 3).putArrivedBefore("x", 9));
    assertThat(get().getJsonArray("regions"))
        .containsExactly(
            new JsonObject(
                """
                {"region":"tokyo","connected":false,"lag_ms":90,"items":5,"bytes":700,
                 "forwarded":42,"dropped":5,"duplicates":8,"last_error":"no route"}
                """));
  }

  private void forwarder(String node, RegionLag.Builder lag) {
    cluster.join(node, Role.REGION);
    RegionsReport report = RegionsReport.newBuilder().addRegions(lag).build();
    vertx
        .eventBus()
        .<RegionsQuery>consumer(Addresses.region(node), message -> message.reply(report));
  }

  @Test
  void ofTwoOwnersTheOneWithTheHigherEpochCounts() {
    dispatcher("a", PartitionStatus.newBuilder().setPartition(0).setEpoch(5));
    dispatcher("b", PartitionStatus.newBuilder().setPartition(0).setEpoch(4));
    assertThat(partition(get(), 0).getString("owner")).isEqualTo("a");
  }

  @Test
  void aDispatcherThatDoesNotAnswerIsNamedAndTheOthersShow() {
    cluster.join("gone", Role.DISPATCH);
    dispatcher("a", PartitionStatus.newBuilder().setPartition(0).setEpoch(5));
    JsonObject all = get();
    assertThat(all.getJsonArray("silent").getList()).isEqualTo(java.util.List.of("gone"));
    assertThat(partition(all, 0).getString("owner")).isEqualTo("a");
  }

  @Test
  void threadsAndHeapOfThisNodeAreThere() {
    JsonObject process = get().getJsonObject("process");
    assertThat(process.getLong("heap_used_bytes")).isPositive();
    assertThat(process.getInteger("threads")).isPositive();
    assertThat(process.getJsonObject("thread_states").getInteger("runnable")).isPositive();
    assertThat(process.getInteger("deadlocked_threads")).isZero();
  }

  private void dispatcher(String node, PartitionStatus.Builder status) {
    answer(node, PartitionsReport.newBuilder().addPartitions(status));
  }

  private void answer(String node, PartitionsReport.Builder report) {
    cluster.join(node, Role.DISPATCH);
    vertx
        .eventBus()
        .<Object>consumer(
            Addresses.dispatch(node),
            message -> {
              assertThat(message.body()).isInstanceOf(PartitionsQuery.class);
              message.reply(report.build());
            });
  }

  /** As it is documented. */
  private JsonObject get() {
    RawHttp.Answer answer = RawHttp.get(port, "/partitions");
    assertThat(answer.status()).isEqualTo(200);
    OpenApiContract contract = new OpenApiContract(RawHttp.get(port, "/openapi.yaml").body());
    JsonObject documented = contract.answer("GET", "/partitions", 200).getValue();
    assertThat(OpenApiContract.fault(documented, answer.json())).isNull();
    return answer.json();
  }

  private static JsonObject partition(JsonObject all, int number) {
    return all.getJsonArray("partitions").getJsonObject(number);
  }

  /** Of reactions nothing is known. */
  private static Broker broker() {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (proxy, method, arguments) -> {
              QueueName name = (QueueName) arguments[0];
              return name.queue().equals("comments")
                  ? Future.succeededFuture(10L + name.partition())
                  : Future.failedFuture("not now");
            });
  }
}
