package io.ovation.ingress;

import io.ovation.auth.AccessControl;
import io.ovation.auth.AccessRole;
import io.ovation.auth.Caller;
import io.ovation.auth.TokenVerifier;
import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.http.HealthRoutes;
import io.ovation.http.HttpServers;
import io.ovation.http.Readiness;
import io.ovation.http.WebFiles;
import io.ovation.http.limits.ActionLimits;
import io.ovation.http.limits.ClientAddresses;
import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamEvent;
import io.ovation.liveness.CallbackService;
import io.ovation.liveness.LivenessRoutes;
import io.ovation.metrics.BuildInfo;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.AuditLog;
import io.ovation.moderation.CommentRules;
import io.ovation.moderation.HostEventRoutes;
import io.ovation.moderation.ModerationRoutes;
import io.ovation.moderation.ModerationService;
import io.ovation.moderation.ModerationTable;
import io.ovation.moderation.WordList;
import io.ovation.moderation.hooks.CommentHook;
import io.ovation.operate.MetricsRoutes;
import io.ovation.packages.PackageRoutes;
import io.ovation.packages.PackageService;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.SharedTable;
import io.ovation.store.Store;
import io.ovation.store.StoreUnavailable;
import io.ovation.store.embedded.EmbeddedStore;
import io.ovation.testkit.HttpSettings;
import io.ovation.testkit.LivenessSettings;
import io.ovation.testkit.Ports;
import io.ovation.wire.proto.StreamStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The HTTP side of a node, with a queue that does as it is told. Registered as an extension it is
 * closed after each test.
 */
class HttpFixture implements AutoCloseable, AfterEachCallback {
  static final int BODY_LIMIT = 64 * 1024;
  static final int IN_FLIGHT = 20;

  final int port = Ports.free();
  final Queue<CommentRequest> enqueued = new ConcurrentLinkedQueue<>();
  final Readiness readiness = new Readiness();

  /** What the queue says to each comment. */
  volatile Function<CommentRequest, Future<String>> queue =
      request -> Future.succeededFuture(request.getId());

  final Queue<ReactionBatch> reactions = new ConcurrentLinkedQueue<>();

  /** What the queue says to each batch of reactions. */
  volatile Function<ReactionBatch, Future<String>> reactionQueue =
      batch -> Future.succeededFuture("");

  /** What is known of a stream. */
  volatile Function<String, Future<StreamStatus>> streams =
      stream -> Future.succeededFuture(StreamStatus.getDefaultInstance());

  /** What the queue says to each id of a callback. */
  volatile LongFunction<Future<?>> callbackQueue = object -> Future.succeededFuture();

  final Queue<PackageRequest> packages = new ConcurrentLinkedQueue<>();

  /** What the queue says to each package. */
  volatile Function<PackageRequest, Future<String>> packageQueue =
      request -> Future.succeededFuture(request.getId());

  volatile boolean storeAway;

  /** Whether there is no room for more bans and settings. */
  volatile boolean tableFull;

  private static final Config.Packages PACKAGES =
      new Config.Packages(
          Duration.ofHours(1),
          IN_FLIGHT,
          1,
          1,
          1,
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          1,
          Duration.ofSeconds(1),
          Duration.ofSeconds(1),
          Duration.ofHours(1),
          Map.of(),
          "");

  static final Partitions PARTITIONS = new Partitions(4);

  /** One for each event loop. */
  final Queue<Router> routers = new ConcurrentLinkedQueue<>();

  final Queue<StreamEvent> published = new ConcurrentLinkedQueue<>();

  /** What the queue says to each event. */
  volatile Function<StreamEvent, Future<String>> eventQueue =
      event -> Future.succeededFuture(event.getId());

  /** Whether the store has another event under an id. */
  volatile Function<StreamEvent, Future<Boolean>> storedEvents =
      event -> Future.succeededFuture(false);

  final Queue<JsonObject> audited = new ConcurrentLinkedQueue<>();
  final ModerationTable table;

  private final Vertx vertx = Vertx.vertx();
  private final Disk disk = disk(vertx);

  HttpFixture() {
    Config.Http http = HttpSettings.of(port, BODY_LIMIT).build();
    Metrics metrics = new Metrics();
    table = new ModerationTable(vertx, sharedTable(), System::nanoTime, metrics);
    Config.Limits limits = new Config.Limits(0, 0, 0, 0, 0, 0, 120, 0, 0);
    AccessControl access =
        new AccessControl(false, HttpFixture::verify, InstantSource.system())
            .limited(
                new ClientAddresses(List.of()),
                new ActionLimits(limits, System::nanoTime, metrics),
                null);
    HttpServers front = new HttpServers(vertx, http, BODY_LIMIT, new Metrics());
    CommentService comments =
        new CommentService(
            this::enqueue,
            this::publish,
            new CommentRules(
                table, () -> WordList.EMPTY, store(), PARTITIONS, CommentHook.NONE, metrics),
            comment -> Future.succeededFuture(false),
            new Config.Ingress(IN_FLIGHT),
            "local",
            InstantSource.system(),
            metrics);
    AuditLog audit = new AuditLog(vertx, null, 1 << 20, 1, InstantSource.system(), metrics);
    ModerationService moderation =
        new ModerationService(
            vertx,
            table,
            this::publish,
            this::enqueue,
            store(),
            PARTITIONS,
            audit,
            "local",
            InstantSource.system());
    audit.onEntry(audited::add);
    NodeSubmissions submissions = new NodeSubmissions(comments, reactions(comments));
    front.mount(loop -> routers.add(loop.router()));
    front.mount(new WebFiles());
    front.mount(new HealthRoutes(readiness, new BuildInfo("0.2.0", "1a2b3c4d5e6f")));
    front.mount(new MetricsRoutes(metrics));
    IngressVerticle ingress =
        new IngressVerticle(
            front,
            submissions,
            stream -> streams.apply(stream),
            new HistoryRoute(store(), PARTITIONS),
            table::settings,
            access,
            List.of(
                liveness(http),
                packages(http),
                new ModerationRoutes(moderation, access, InstantSource.system()),
                new HostEventRoutes(moderation, access, event -> storedEvents.apply(event))));
    vertx
        .deployVerticle(ingress)
        .compose(ignored -> front.listen())
        .timeout(10, TimeUnit.SECONDS)
        .await();
  }

  private static Disk disk(Vertx vertx) {
    try {
      String dir = Files.createTempDirectory("ovation-test-node").toString();
      return new Disk(vertx, new Config.Data(dir, 1_000), new Metrics());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A token is a role, a user and a stream: {@code moderator alice s1}. */
  private static Future<Caller> verify(String token) {
    String[] parts = token.split(" ", 3);
    return parts.length == 3
        ? Future.succeededFuture(
            new Caller(
                parts[1],
                AccessRole.valueOf(parts[0].toUpperCase(Locale.ROOT)),
                List.of(parts[2]),
                null,
                Long.MAX_VALUE,
                ""))
        : TokenVerifier.WITHOUT_KEYS.verify(token);
  }

  private ReactionService reactions(CommentService comments) {
    return new ReactionService(
        vertx,
        batch -> {
          reactions.add(batch);
          return reactionQueue.apply(batch);
        },
        new Partitions(4),
        new Config.Reactions(
            List.of("like", "clap"), IN_FLIGHT, Duration.ofMillis(500), Duration.ofDays(1)),
        "local",
        comments::pressed,
        InstantSource.system(),
        new Metrics());
  }

  private LivenessRoutes liveness(Config.Http http) {
    Config.Liveness config = LivenessSettings.of("http://127.0.0.1:1").inFlight(IN_FLIGHT).build();
    return new LivenessRoutes(
        new CallbackService(
            vertx, object -> callbackQueue.apply(object), config, false, new Metrics()),
        sightings(),
        AccessControl.onTrust());
  }

  private SharedTable sharedTable() {
    return unlessAway(SharedTable.class, realStore().table());
  }

  /** The embedded ones, unless {@link #storeAway}. */
  LastSeenIndex sightings() {
    return unlessAway(LastSeenIndex.class, realStore().sightings());
  }

  private <T> T unlessAway(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                tableFull && method.getName().equals("put")
                    ? Future.succeededFuture(0L)
                    : storeAway
                        ? Future.failedFuture(new StoreUnavailable("away"))
                        : method.invoke(real, arguments)));
  }

  private PackageRoutes packages(Config.Http http) {
    return new PackageRoutes(
        new PackageService(store(), this::enqueue, PACKAGES, InstantSource.system(), new Metrics()),
        AccessControl.onTrust());
  }

  private Future<String> enqueue(PackageRequest request, Lane lane) {
    packages.add(request);
    return packageQueue.apply(request);
  }

  /** The embedded one, unless {@link #storeAway}. */
  private Store store() {
    return unlessAway(Store.class, realStore());
  }

  /** Puts a package into the store that has failed for good. */
  void deadPackage(String id) {
    JsonObject state =
        JsonObject.of("id", id, "type", "log", "priority", "normal", "fingerprint", "f")
            .put("status", "dead")
            .put("attempts", 1)
            .put("created", 1L)
            .put("updated", 1L)
            .put("payload", "{}");
    String key = "package:" + id;
    realStore().compareAndSet(key, 0, state.encode(), Duration.ofHours(1)).await();
  }

  Store realStore() {
    return EmbeddedStore.open(
        vertx, disk, new Config.History(10, 1 << 22, Duration.ofHours(1)), new Metrics());
  }

  private Future<String> publish(StreamEvent event) {
    published.add(event);
    return eventQueue.apply(event);
  }

  private Future<String> enqueue(CommentRequest request) {
    enqueued.add(request);
    return queue.apply(request);
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    close();
  }

  @Override
  public void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
    disk.close();
  }
}
