package io.ovation.liveness;

import io.ovation.auth.AccessControl;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.config.Config;
import io.ovation.http.HttpServers;
import io.ovation.liveness.proto.CheckRequest;
import io.ovation.liveness.proto.LivenessProducer;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.store.Store;
import io.ovation.testkit.Api;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.ovation.wire.Codecs;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Function;

/** Liveness of one process, on whatever broker and store: a door and a checker. */
final class LivenessFixture implements AutoCloseable {
  static final Partitions PARTITIONS = new Partitions(4);
  private static final int BODY_LIMIT = 64 * 1024;

  final Vertx vertx = Vertx.vertx();
  final Metrics metrics = new Metrics();
  final Broker broker;
  final Store store;
  private final LivenessProducer producer;
  private final List<String> checkers = new ArrayList<>();

  LivenessFixture(Function<Vertx, Broker> broker, Function<Vertx, Store> store) {
    this.broker = broker.apply(vertx);
    this.store = store.apply(vertx);
    Codecs.register(vertx.eventBus());
    DispatchAndSupervise.await(
        this.broker.declare("liveness", LivenessQueue.contract().lanes(), PARTITIONS.count()));
    producer = new LivenessProducer(this.broker, PARTITIONS, InstantSource.system(), metrics);
  }

  Api door() {
    return new Api(doorPort());
  }

  int doorPort() {
    int port = Ports.free();
    Config.Http http = HttpSettings.of(port, BODY_LIMIT).build();
    HttpServers front = new HttpServers(vertx, http, BODY_LIMIT, new Metrics());
    CallbackService intake =
        new CallbackService(
            vertx,
            object -> producer.enqueueCheck(request(object)),
            io.ovation.testkit.LivenessSettings.of("").build(),
            false,
            metrics);
    front.mount(new LivenessRoutes(intake, store.sightings(), AccessControl.onTrust()));
    DispatchAndSupervise.await(front.listen());
    return port;
  }

  /** Puts an id into the queue that is dead-lettered after {@code attempts} failures. */
  void enqueue(long object, int attempts) {
    DispatchAndSupervise.await(
        producer.enqueueCheck(request(object), EnqueueOptions.none().withMaxAttempts(attempts)));
  }

  private static CheckRequest request(long object) {
    return CheckRequest.newBuilder().setObject(object).build();
  }

  static String body(List<Long> objects) {
    return new JsonObject().put("object_ids", new JsonArray(objects)).encode();
  }

  /** Starts to check. */
  void start(Config.Liveness config) {
    start(config, store);
  }

  void start(Config.Liveness config, Store kept) {
    SingleNodeCluster cluster = new SingleNodeCluster("n", EnumSet.of(Role.LIVENESS));
    PartitionAssignment assignment = new PartitionAssignment(cluster, PARTITIONS, Role.LIVENESS);
    PartitionAssignment dispatchers = new PartitionAssignment(cluster, PARTITIONS);
    checkers.add(
        DispatchAndSupervise.await(
            vertx.deployVerticle(
                new LivenessVerticle(
                    config,
                    cluster,
                    assignment,
                    dispatchers,
                    broker,
                    kept,
                    InstantSource.system(),
                    metrics))));
  }

  /** Checks no more; what is unacked goes back. */
  void stop() {
    checkers.forEach(id -> DispatchAndSupervise.await(vertx.undeploy(id)));
    checkers.clear();
  }

  /** Items in the queue that nobody has been given. */
  long depth() {
    long sum = 0;
    for (int p = 0; p < PARTITIONS.count(); p++) {
      sum += DispatchAndSupervise.await(broker.depth(new QueueName("liveness", Lane.NORMAL, p)));
    }
    return sum;
  }

  /** The sum of the series that begin so. */
  double count(String series) {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Override
  public void close() {
    stop();
    DispatchAndSupervise.await(broker.close());
    DispatchAndSupervise.await(store.close());
    DispatchAndSupervise.await(vertx.close());
  }
}
