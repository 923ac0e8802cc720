package io.ovation;

import io.ovation.async.DependencyUnavailable;
import io.ovation.auth.AccessControl;
import io.ovation.cluster.BusHeartbeat;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.DispatcherWatch;
import io.ovation.cluster.HazelcastCluster;
import io.ovation.cluster.HazelcastMetrics;
import io.ovation.cluster.Role;
import io.ovation.cluster.SingleNodeCluster;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.HealthRoutes;
import io.ovation.http.HttpServers;
import io.ovation.http.Readiness;
import io.ovation.http.WebFiles;
import io.ovation.http.limits.ActionLimits;
import io.ovation.http.limits.ClientAddresses;
import io.ovation.http.limits.ConnectionLimits;
import io.ovation.launch.ExitCode;
import io.ovation.launch.ProcessUptime;
import io.ovation.launch.RepeatedSignalHandler;
import io.ovation.log.Logging;
import io.ovation.metrics.BuildInfo;
import io.ovation.metrics.Metrics;
import io.ovation.node.Backends;
import io.ovation.node.ClusterRequirements;
import io.ovation.node.ProcessMetrics;
import io.ovation.node.RoleDeployer;
import io.ovation.node.ShutdownSequence;
import io.ovation.operate.AdminEvents;
import io.ovation.operate.AdminRoutes;
import io.ovation.operate.ClusterReport;
import io.ovation.operate.DeadLetterRoutes;
import io.ovation.operate.MetricsRoutes;
import io.ovation.operate.NodeReporter;
import io.ovation.operate.OperatorAccess;
import io.ovation.operate.PartitionRoutes;
import io.ovation.store.StoreClock;
import io.ovation.trace.Traces;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: the cluster it is in, its front, its queue and store, and its roles, started in this
 * order and stopped in reverse. Together with {@link Backends} and {@link RoleDeployer} the only
 * code that knows every stage.
 *
 * <p>The front's port opens when all routes are there: who connects before is refused and tries
 * again, as does a proxy, and nobody gets an answer that means nothing. The operators' port answers
 * {@code /health} while the rest is still being reached, which may take as long as {@code
 * rabbitmq.reconnect_limit} and {@code redis.reconnect_limit}; then the process ends.
 */
final class Node extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** For one part; a role with connections to drain needs the most. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(8);

  /** For all parts, beside {@code drain.period}. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(12);

  /** For the whole process, beside {@code drain.period}; orchestrators are told to allow 15 s. */
  private static final Duration EXIT_LIMIT = Duration.ofSeconds(14);

  private final Config config;
  private final Set<Role> roles;
  private final @Nullable HazelcastClusterManager manager;
  private final BuildInfo build = BuildInfo.load();
  private final Metrics metrics;
  private final Readiness readiness = new Readiness();
  private final ShutdownSequence shutdown = new ShutdownSequence(STOP_PATIENCE);
  private volatile @Nullable RoleDeployer deployer;
  private volatile @Nullable DispatcherWatch dispatchers;

  /**
   * @param manager of the cluster that Vert.x has joined; null for a node alone
   */
  Node(Config config, Set<Role> roles, Metrics metrics, @Nullable HazelcastClusterManager manager) {
    this.config = config;
    this.roles = roles;
    this.metrics = metrics;
    this.manager = manager;
  }

  /** Returns at once; what goes wrong later ends the process with a reason. */
  @Override
  public Future<?> start() {
    bringUp().onFailure(this::giveUp);
    return Future.succeededFuture();
  }

  private Future<String> bringUp() {
    for (String name : new String[] {"broker", "store", "cluster", "roles"}) {
      readiness.set(name, () -> Future.failedFuture("starting"));
    }
    readiness.set(HealthRoutes.VIEWERS, this::viewersState);
    build.register(metrics);
    String own = "The region of this node, in its label; always 1";
    metrics.gauge("ovation.region.info", own, this, node -> 1, "own", config.region());
    ProcessMetrics.register(vertx, metrics);
    // Messages somewhat past the limit are read, so that their refusal has their id.
    int maxFrame = 4 * config.viewer().messageLimit();
    HttpServers front = new HttpServers(vertx, config.http(), maxFrame, metrics);
    HttpServers operators = HttpServers.operators(vertx, config.operate(), config.http());
    return joinCluster()
        .onSuccess(cluster -> Logging.nameNode(cluster.self()))
        .compose(this::startTraces)
        .onSuccess(cluster -> ProcessMetrics.register(cluster, metrics))
        .compose(
            cluster ->
                mountHealth(front)
                    .compose(v -> listenForOperators(operators))
                    .compose(v -> Backends.open(vertx, config, metrics, shutdown, this::giveUp))
                    .compose(
                        backends -> {
                          StoreClock clock =
                              new StoreClock(
                                  backends.store(),
                                  InstantSource.system(),
                                  System::nanoTime,
                                  metrics);
                          return AccessControl.open(vertx, config.auth(), clock, metrics)
                              .map(this::limited)
                              .compose(
                                  access ->
                                      serve(cluster, backends, clock, access, front, operators));
                        })
                    .compose(described -> front.listen().map(described))
                    .onSuccess(described -> ready(cluster, front, operators, described)));
  }

  private Future<Void> mountHealth(HttpServers front) {
    // It stops after all that is added later, so that requests are answered until then.
    shutdown.add("the HTTP front", front::close);
    return front.mount(new HealthRoutes(readiness, build));
  }

  private Future<String> viewersState() {
    return roles.contains(Role.SUPERVISE)
        ? Future.succeededFuture("taken")
        : Future.failedFuture("not taken: this node does not have the role supervise");
  }

  private Future<Void> listenForOperators(HttpServers operators) {
    shutdown.add("the operators' port", operators::close);
    return operators
        .mount(new OperatorAccess(config.operate().token()))
        .compose(v -> vertx.executeBlocking(WebFiles::admin, false))
        .compose(operators::mount)
        .compose(v -> operators.mount(new HealthRoutes(readiness, build)))
        .compose(v -> operators.mount(new MetricsRoutes(metrics)))
        .compose(v -> operators.listen());
  }

  private Future<Cluster> joinCluster() {
    if (manager == null) {
      Cluster alone = new SingleNodeCluster(UUID.randomUUID().toString(), roles);
      readiness.set("cluster", () -> Future.succeededFuture("alone"));
      return Future.succeededFuture(alone);
    }
    return vertx
        .<Cluster>executeBlocking(
            () -> new HazelcastCluster(vertx, manager.getHazelcastInstance()), false)
        .compose(
            cluster -> {
              BusHeartbeat heartbeat = BusHeartbeat.start(vertx, cluster, metrics);
              HazelcastMetrics.register(manager.getHazelcastInstance(), metrics);
              readiness.set("cluster", () -> ClusterRequirements.state(manager, heartbeat));
              Supplier<Optional<ConfigException>> refusal =
                  () -> ClusterRequirements.refusal(config, cluster.members().size());
              cluster.onChange(() -> refusal.get().ifPresent(this::giveUp));
              return refusal
                  .get()
                  .<Future<Cluster>>map(Future::failedFuture)
                  .orElse(Future.succeededFuture(cluster));
            });
  }

  /** Reading the classes of OpenTelemetry takes a moment; they are not read if it is off. */
  private Future<Cluster> startTraces(Cluster cluster) {
    if (!config.trace().used()) {
      return Future.succeededFuture(cluster);
    }
    Map<String, String> node =
        Map.of(
            "service.name", "ovation",
            "service.version", build.version(),
            "service.instance.id", cluster.self(),
            "ovation.region", config.region(),
            "ovation.roles",
                roles.stream().map(Role::text).sorted().collect(Collectors.joining(",")));
    shutdown.add("the traces", () -> closeTraces());
    return vertx.executeBlocking(
        () -> {
          Traces.start(config.trace(), node, metrics);
          return cluster;
        },
        false);
  }

  private Future<Void> closeTraces() {
    return vertx.executeBlocking(
        () -> {
          Traces.close();
          return null;
        },
        false);
  }

  private AccessControl limited(AccessControl access) {
    Config.Limits limits = config.limits();
    int perAddress = config.http().connectionsPerAddress();
    return access.limited(
        ClientAddresses.configured(config.http().trustedProxies()),
        limits.used() ? new ActionLimits(limits, System::nanoTime, metrics) : null,
        limits.connectionsPerUser() + perAddress > 0
            ? new ConnectionLimits(limits.connectionsPerUser(), perAddress, metrics)
            : null);
  }

  private Future<String> serve(
      Cluster cluster,
      Backends backends,
      StoreClock clock,
      AccessControl access,
      HttpServers front,
      HttpServers operators) {
    readiness.set("broker", backends::brokerState);
    readiness.set("store", backends::storeState);
    if (roles.contains(Role.INGRESS) || roles.contains(Role.SUPERVISE)) {
      dispatchers = new DispatcherWatch(cluster, System::nanoTime);
    }
    RoleDeployer made =
        new RoleDeployer(vertx, config, metrics, cluster, backends, clock, front, access, shutdown);
    deployer = made;
    PartitionRoutes partitions =
        new PartitionRoutes(vertx, cluster, backends.broker(), config.partitions());
    NodeReporter reporter =
        new NodeReporter(
            vertx, cluster.self(), metrics, build, front::port, () -> drain(made), made::draining);
    AdminEvents pages =
        new AdminEvents(vertx, new ClusterReport(vertx, cluster, partitions)::json, metrics);
    shutdown.add("the operators' pages", pages::close);
    return backends
        .settlePartitions(vertx, config.partitions(), config.redis().reconnectLimit())
        .compose(
            v -> operators.mount(new DeadLetterRoutes(backends.broker(), InstantSource.system())))
        .compose(v -> operators.mount(partitions))
        .compose(v -> made.deploy(roles))
        .compose(v -> reporter.listen())
        .compose(v -> operators.mount(pages))
        .compose(
            v ->
                operators.mount(
                    new AdminRoutes(
                        vertx,
                        cluster,
                        made.submissionService(),
                        made.operatorsModeration(AccessControl.ofOperators()))))
        .map(backends.describe());
  }

  private boolean drain(RoleDeployer roles) {
    boolean begun = roles.drain();
    if (begun) {
      readiness.set("roles", () -> Future.failedFuture("draining, as an operator asked"));
    }
    return begun;
  }

  private void ready(Cluster cluster, HttpServers front, HttpServers operators, String backends) {
    String names = roles.stream().map(Role::text).collect(Collectors.joining(", "));
    readiness.set("roles", () -> Future.succeededFuture(names));
    DispatcherWatch watch = dispatchers;
    if (watch != null) {
      watch.refresh();
      readiness.set("dispatchers", watch::state);
    }
    String host = config.http().host().equals("0.0.0.0") ? "localhost" : config.http().host();
    log.info(
        "ready in {} ms: http://{}:{}/ roles {}; {}; node {}, cluster {}; version {}; operators'"
            + " port {}",
        ProcessUptime.millis(),
        host,
        front.port(),
        names,
        backends,
        cluster.self(),
        manager == null ? "alone" : "of " + cluster.members().size(),
        build,
        operators.port());
  }

  private void giveUp(Throwable cause) {
    if (shutdown.stopping()) {
      return;
    }
    ExitCode code =
        cause instanceof ConfigException
            ? ExitCode.CONFIG
            : cause instanceof DependencyUnavailable ? ExitCode.UNAVAILABLE : ExitCode.FAILED;
    log.error("stopping: {}", cause.getMessage(), code == ExitCode.FAILED ? cause : null);
    code.now();
  }

  /**
   * Called on a thread that may wait: stops the parts, newest first, within a bound. A second
   * signal meanwhile spares the viewers' part of the wait.
   */
  void stopInOrder() {
    readiness.set("roles", () -> Future.failedFuture("stopping"));
    RepeatedSignalHandler.runs(() -> Optional.ofNullable(deployer).ifPresent(RoleDeployer::hurry));
    ExitCode.haltAfter(config.drain().period().plus(EXIT_LIMIT));
    long limit = config.drain().period().plus(STOP_LIMIT).toMillis();
    try {
      shutdown.stop().toCompletionStage().toCompletableFuture().get(limit, TimeUnit.MILLISECONDS);
      log.info("stopped");
    } catch (TimeoutException | ExecutionException e) {
      log.warn("not everything stopped within {} ms; ending anyway", limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
