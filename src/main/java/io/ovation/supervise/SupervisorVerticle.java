package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.UserAssignment;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.ModerationTable;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.store.Store;
import io.ovation.supervise.history.GapFiller;
import io.ovation.supervise.history.Replayer;
import io.ovation.supervise.watch.NodeWatchReporter;
import io.ovation.supervise.watch.UserWatchRegistry;
import io.ovation.wire.Addresses;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The supervisor role: passes the events of the node's streams from the owners of their partitions
 * to the shards that hold the viewers. The work per event does not depend on the number of viewers.
 */
public final class SupervisorVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(SupervisorVerticle.class);
  private static final long TICK_MS = 500;
  private static final long RECONCILE_MS = 5_000;

  /** How long {@link #stop} waits for the owners; one that does not answer suspends this node. */
  private static final long LEAVE_MS = 2_000;

  /** Owners suspend a node that does not answer for 2 s. */
  private static final long FROZEN_NANOS = TimeUnit.MILLISECONDS.toNanos(2_000);

  private final Config.Supervise config;
  private final int replayLimit;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final Store store;
  private final ModerationTable moderation;
  private final Metrics metrics;
  private @Nullable MessageConsumer<Object> consumer;
  private @Nullable LocalStreams streams;
  private @Nullable StreamSubscriptions subscriptions;
  private long lastTick = System.nanoTime();

  /**
   * @param replayLimit events that may be replayed to a returning viewer: as many as history keeps
   * @param moderation has the settings that viewers are told
   */
  public SupervisorVerticle(
      Config.Supervise config,
      int replayLimit,
      Cluster cluster,
      PartitionAssignment assignment,
      Store store,
      ModerationTable moderation,
      Metrics metrics) {
    this.config = config;
    this.replayLimit = replayLimit;
    this.cluster = cluster;
    this.assignment = assignment;
    this.store = store;
    this.moderation = moderation;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    Context context = vertx.getOrCreateContext();
    SupervisorContext shared =
        new SupervisorContext(
            vertx, context, cluster, assignment, new SupervisorMetrics(metrics), System::nanoTime);
    UserAssignment userAssignment = new UserAssignment(cluster);
    NodeWatchReporter watches = new NodeWatchReporter(shared, userAssignment);
    GapFiller gapFiller = new GapFiller(shared, store);
    Replayer replayer = new Replayer(shared, store, replayLimit);
    ViewerCountReporter counts = new ViewerCountReporter(shared);
    LocalStreams table = new LocalStreams(shared, config, gapFiller, counts);
    streams = table;
    SettingsPublisher settings = new SettingsPublisher(moderation);
    table.onOpening(settings::announce);
    moderation.onSettings(
        (stream, changed) ->
            context.runOnContext(v -> table.state(SettingsPublisher.of(stream, changed))));
    UserWatchRegistry users = new UserWatchRegistry(shared, userAssignment);
    SupervisorMessageHandler handler =
        new SupervisorMessageHandler(shared, table, gapFiller, watches, users);
    metrics.gauge(
        "ovation.supervise.watches",
        "Watching connections of the cluster whose users this node owns",
        users,
        UserWatchRegistry::size);
    metrics.gauge(
        "ovation.supervise.streams", "Streams with viewers here", table, LocalStreams::size);
    metrics.gauge(
        "ovation.supervise.replays.waiting",
        "Returning viewers that wait for history",
        replayer,
        Replayer::pending);
    subscriptions =
        new SupervisorSubscriptions(context, table, counts, replayer, watches, assignment);
    consumer = vertx.eventBus().consumer(Addresses.supervise(cluster.self()), handler::handle);
    return consumer
        .completion()
        .onSuccess(
            v -> {
              cluster.onChange(
                  () -> context.runOnContext(x -> membersChanged(table, users, watches)));
              cluster.onMerge(() -> context.runOnContext(x -> resync(table, watches)));
              vertx.setPeriodic(TICK_MS, t -> tick(table, watches));
              vertx.setPeriodic(RECONCILE_MS, t -> table.reconcile());
              vertx.setPeriodic(config.viewersInterval().toMillis(), t -> counts.report());
              vertx.setPeriodic(NodeWatchReporter.EVERY_MS, t -> watches.tick());
              membersChanged(table, users, watches);
            })
        .compose(v -> cluster.announceRole(Role.SUPERVISE));
  }

  /** The node's streams, for its shards. Not before this is deployed. */
  public StreamSubscriptions subscriptions() {
    return Objects.requireNonNull(subscriptions);
  }

  @Override
  public Future<?> stop() {
    return unregister()
        .compose(v -> cluster.withdrawRole(Role.SUPERVISE))
        .otherwiseEmpty()
        .compose(v -> consumer == null ? Future.succeededFuture() : consumer.unregister());
  }

  private Future<Void> unregister() {
    boolean otherDispatcher =
        cluster.members().stream()
            .anyMatch(node -> node.is(Role.DISPATCH) && !node.id().equals(cluster.self()));
    return otherDispatcher && streams != null
        ? streams.leave().timeout(LEAVE_MS, TimeUnit.MILLISECONDS).otherwiseEmpty()
        : Future.succeededFuture();
  }

  private static void membersChanged(
      LocalStreams table, UserWatchRegistry users, NodeWatchReporter watches) {
    users.membersChanged();
    table.membersChanged();
    watches.membersChanged();
  }

  private static void resync(LocalStreams table, NodeWatchReporter watches) {
    table.resync();
    watches.reportAgain();
  }

  private void tick(LocalStreams table, NodeWatchReporter watches) {
    long now = System.nanoTime();
    if (now - lastTick > FROZEN_NANOS) {
      log.warn("this node was frozen; registering its streams again");
      resync(table, watches);
    }
    lastTick = now;
    table.sweep();
  }
}
