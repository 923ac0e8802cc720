package io.ovation.packages;

import io.ovation.auth.AccessControl;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.config.Config;
import io.ovation.http.HttpServers;
import io.ovation.metrics.Metrics;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Broker;
import io.ovation.queue.Partitions;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.store.Store;
import io.ovation.testkit.Api;
import io.ovation.testkit.Await;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.Ports;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** The package coordinator of one process, on whatever broker and store: doors and workers. */
public final class PackageFixture implements AutoCloseable {
  static final int BODY_LIMIT = 64 * 1024;
  public static final Duration LIMIT = Duration.ofSeconds(30);
  static final Partitions PARTITIONS = new Partitions(4);

  public final Vertx vertx = Vertx.vertx();
  final Metrics metrics = new Metrics();
  final Broker broker;
  final Store store;

  /** How often the store was called by any of the parts below. */
  final AtomicInteger storeCalls = new AtomicInteger();

  final PackageStateRepository book;
  private final Config.Packages config;

  /** What a plant stands on; each is opened on the plant's Vert.x. */
  interface Ground {
    Broker broker(Vertx vertx);

    Store store(Vertx vertx);
  }

  public PackageFixture(Ground ground, Config.Packages config) {
    this.config = config;
    broker = ground.broker(vertx);
    store = counted(ground.store(vertx));
    book = new PackageStateRepository(store, config.ttl());
    await(
        broker.declare(
            PackagesQueue.contract().queue(),
            PackagesQueue.contract().lanes(),
            PARTITIONS.count()));
  }

  private Store counted(Store real) {
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (self, method, arguments) -> {
              storeCalls.incrementAndGet();
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Quick to retry and to give up. */
  static Config.Packages quick() {
    return config(Map.of());
  }

  /** A worker of this size, patient with its handlers. */
  static Config.Packages places(int concurrency, int typeConcurrency) {
    Config.Packages quick = quick();
    return new Config.Packages(
        quick.ttl(),
        quick.inFlight(),
        concurrency,
        typeConcurrency,
        concurrency,
        quick.lease(),
        LIMIT.multipliedBy(2),
        quick.attempts(),
        quick.backoffInitial(),
        quick.backoffMax(),
        quick.unhandledAfter(),
        quick.webhooks(),
        quick.webhookSecret());
  }

  /** A worker with other times. */
  static Config.Packages times(Duration lease, Duration timeout, Duration unhandledAfter) {
    Config.Packages quick = quick();
    return new Config.Packages(
        quick.ttl(),
        quick.inFlight(),
        quick.concurrency(),
        quick.typeConcurrency(),
        quick.prefetch(),
        lease,
        timeout,
        quick.attempts(),
        quick.backoffInitial(),
        quick.backoffMax(),
        unhandledAfter,
        quick.webhooks(),
        quick.webhookSecret());
  }

  /** Soon tired of a handler. */
  static Config.Packages impatient() {
    return times(quick().lease(), Duration.ofSeconds(1), quick().unhandledAfter());
  }

  /** Soon sure that a worker is dead, and patient with failures. */
  static Config.Packages crashing() {
    Config.Packages quick = quick();
    return new Config.Packages(
        quick.ttl(),
        quick.inFlight(),
        quick.concurrency(),
        quick.typeConcurrency(),
        quick.prefetch(),
        Duration.ofSeconds(1),
        quick.timeout(),
        10,
        quick.backoffInitial(),
        quick.backoffMax(),
        quick.unhandledAfter(),
        quick.webhooks(),
        quick.webhookSecret());
  }

  public static Config.Packages config(Map<String, String> webhooks) {
    return new Config.Packages(
        Duration.ofHours(1),
        1_000,
        16,
        8,
        16,
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        3,
        Duration.ofMillis(50),
        Duration.ofMillis(200),
        Duration.ofMinutes(10),
        webhooks,
        "a secret of the tests");
  }

  /** The HTTP routes of one replica. */
  public Api door() {
    return new Api(doorPort());
  }

  int doorPort() {
    int port = Ports.free();
    Config.Http http = HttpSettings.of(port, BODY_LIMIT).build();
    HttpServers front = new HttpServers(vertx, http, BODY_LIMIT, new Metrics());
    front.mount(new PackageRoutes(intake(new Metrics()), AccessControl.onTrust()));
    await(front.listen());
    return port;
  }

  PackageService intake(Metrics counted) {
    PackagesProducer producer =
        new PackagesProducer(broker, PARTITIONS, InstantSource.system(), counted);
    return new PackageService(
        store,
        (request, lane) -> producer.enqueueProcess(request, EnqueueOptions.none().withLane(lane)),
        config,
        InstantSource.system(),
        counted);
  }

  /** Starts a worker of all partitions; answers what stops it. */
  public Runnable worker(PackageHandler... handlers) {
    return worker(metrics, List.of(handlers));
  }

  public Runnable worker(Metrics counted, Collection<PackageHandler> handlers) {
    Cluster cluster = new SingleNodeCluster("w", Set.of(Role.PACKAGES));
    return worker(broker, cluster, config, counted, InstantSource.system(), handlers);
  }

  /** One of several. */
  public Runnable worker(Cluster cluster, Config.Packages own, PackageHandler... handlers) {
    // A process has one consumer of a queue; these two play two processes.
    Broker theirs = CrashPoint.of("none", "never", 1).wrap(broker);
    InstantSource clock = InstantSource.system();
    return worker(theirs, cluster, own, new Metrics(), clock, List.of(handlers));
  }

  /** One whose machine has this time. */
  Runnable worker(InstantSource clock, Config.Packages own, PackageHandler... handlers) {
    Cluster cluster = new SingleNodeCluster("w", Set.of(Role.PACKAGES));
    return worker(broker, cluster, own, metrics, clock, List.of(handlers));
  }

  private Runnable worker(
      Broker queue,
      Cluster cluster,
      Config.Packages own,
      Metrics counted,
      InstantSource clock,
      Collection<PackageHandler> handlers) {
    PartitionAssignment assignment = new PartitionAssignment(cluster, PARTITIONS, Role.PACKAGES);
    String id =
        await(
            vertx.deployVerticle(
                new PackageVerticle(
                    own, cluster, assignment, queue, store, handlers, clock, counted)));
    return () -> await(vertx.undeploy(id));
  }

  /** An item as submitting makes it, and nothing else. */
  void publish(String id, String type, String payload) {
    PackageRequest request =
        PackageRequest.newBuilder().setId(id).setType(type).setPayload(payload).build();
    await(
        new PackagesProducer(broker, PARTITIONS, InstantSource.system(), new Metrics())
            .enqueueProcess(request));
  }

  public static JsonObject submission(String id, String type) {
    return new JsonObject().put("id", id).put("type", type).put("payload", new JsonObject());
  }

  static JsonObject status(Api door, String id) {
    return door.get("/packages/" + id).json();
  }

  public static JsonObject awaitStatus(Api door, String id, String status) {
    return await(door, id, state -> status.equals(state.getString("status")), status);
  }

  public static JsonObject await(Api door, String id, Predicate<JsonObject> wanted, String what) {
    JsonObject[] last = {new JsonObject()};
    Await.until(
        () -> id + " to be " + what + ", now " + last[0],
        LIMIT,
        () -> {
          last[0] = status(door, id);
          return wanted.test(last[0]);
        });
    return last[0];
  }

  double count(String series) {
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith(series + " ") || line.startsWith(series + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    await(
        vertx.deploymentIDs().stream()
            .reduce(Future.<Void>succeededFuture(), this::undeploy, (a, b) -> b));
    await(broker.close());
    await(store.close());
    await(vertx.close());
  }

  private Future<Void> undeploy(Future<Void> before, String id) {
    return before.compose(v -> vertx.undeploy(id));
  }
}
