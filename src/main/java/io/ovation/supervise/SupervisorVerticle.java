package io.ovation.supervise;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.cluster.UserOwners;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.store.Store;
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
 * The supervisor role: the node's streams between the owners of their partitions and the shards
 * that hold the viewers. One context; the work per event does not depend on the number of viewers.
 */
public final class SupervisorVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(SupervisorVerticle.class);
  private static final long TICK_MS = 500;
  private static final long AUDIT_MS = 5_000;

  /** Owners that don't answer for so long are not waited for; they suspend this node. */
  private static final long LEAVE_MS = 2_000;

  /** Owners suspend a node that is silent for 2 s. */
  private static final long FROZEN_NANOS = TimeUnit.MILLISECONDS.toNanos(2_000);

  private final Config.Supervise config;
  private final int replayLimit;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final Store store;
  private final Metrics metrics;
  private @Nullable MessageConsumer<Object> consumer;
  private @Nullable StreamTable streams;
  private long lastTick = System.nanoTime();

  /**
   * @param replayLimit events that a returning viewer may be replayed: as many as history keeps
   */
  public SupervisorVerticle(
      Config.Supervise config,
      int replayLimit,
      Cluster cluster,
      PartitionAssignment assignment,
      Store store,
      Metrics metrics) {
    this.config = config;
    this.replayLimit = replayLimit;
    this.cluster = cluster;
    this.assignment = assignment;
    this.store = store;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    Context context = vertx.getOrCreateContext();
    SupervisorMetrics meters = new SupervisorMetrics(metrics);
    UserOwners userOwners = new UserOwners(cluster);
    NodeWatchReporter watches = new NodeWatchReporter(vertx, cluster, userOwners, meters);
    StreamTable table =
        new StreamTable(
            vertx, context, config, cluster, assignment, watches, store, replayLimit, meters);
    streams = table;
    UserWatchRegistry users = new UserWatchRegistry(vertx, context, cluster, userOwners, meters);
    SupervisorMessageHandler subscriptions =
        new SupervisorMessageHandler(table, users, assignment.partitions().count(), meters);
    metrics.gauge(
        "ovation.supervise.watches",
        "Watching connections of the cluster whose users are kept here",
        users,
        UserWatchRegistry::size);
    metrics.gauge(
        "ovation.supervise.streams", "Streams with viewers here", table, StreamTable::size);
    metrics.gauge(
        "ovation.supervise.replays.waiting",
        "Returning viewers that wait for what history is read for",
        table,
        StreamTable::replaying);
    consumer = vertx.eventBus().consumer(Addresses.supervise(cluster.self()), subscriptions::take);
    return consumer
        .completion()
        .onSuccess(
            v -> {
              cluster.onChange(() -> context.runOnContext(x -> membersChanged(table, users)));
              cluster.onMerge(() -> context.runOnContext(x -> table.resync()));
              vertx.setPeriodic(TICK_MS, t -> tick(table));
              vertx.setPeriodic(AUDIT_MS, t -> table.audit());
              vertx.setPeriodic(config.viewersInterval().toMillis(), t -> table.reportCounts());
              vertx.setPeriodic(NodeWatchReporter.EVERY_MS, t -> watches.tick());
              membersChanged(table, users);
            })
        .compose(v -> cluster.announceRole(Role.SUPERVISE));
  }

  /** The node's streams, for its shards. Not before this is deployed. */
  public StreamSubscriptions subscriptions() {
    return Objects.requireNonNull(streams);
  }

  @Override
  public Future<?> stop() {
    return unregister()
        .compose(v -> cluster.withdrawRole(Role.SUPERVISE))
        .otherwiseEmpty()
        .compose(v -> consumer == null ? Future.succeededFuture() : consumer.unregister());
  }

  private Future<Void> unregister() {
    boolean heard =
        cluster.members().stream()
            .anyMatch(node -> node.is(Role.DISPATCH) && !node.id().equals(cluster.self()));
    return heard && streams != null
        ? streams.leave().timeout(LEAVE_MS, TimeUnit.MILLISECONDS).otherwiseEmpty()
        : Future.succeededFuture();
  }

  private static void membersChanged(StreamTable table, UserWatchRegistry users) {
    users.membersChanged();
    table.membersChanged();
  }

  private void tick(StreamTable table) {
    long now = System.nanoTime();
    if (now - lastTick > FROZEN_NANOS) {
      log.warn("this node was frozen: registering its streams again");
      table.resync();
    }
    lastTick = now;
    table.sweep();
  }
}
