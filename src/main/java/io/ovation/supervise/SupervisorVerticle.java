package io.ovation.supervise;

import io.ovation.bus.Addresses;
import io.ovation.bus.Cluster;
import io.ovation.bus.Desk;
import io.ovation.bus.Keepers;
import io.ovation.bus.Owners;
import io.ovation.bus.Role;
import io.ovation.config.Config;
import io.ovation.http.Front;
import io.ovation.http.Routes;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
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
  private final Owners owners;
  private final Store store;
  private final Front front;
  private final Function<Desk, Routes> viewers;
  private final Metrics metrics;
  private @Nullable MessageConsumer<Object> consumer;
  private @Nullable StreamTable streams;
  private long lastTick = System.nanoTime();

  /**
   * @param replayLimit events that a returning viewer may be replayed: as many as history keeps
   * @param viewers makes the routes by which viewers connect; they are mounted on {@code front}
   */
  public SupervisorVerticle(
      Config.Supervise config,
      int replayLimit,
      Cluster cluster,
      Owners owners,
      Store store,
      Front front,
      Function<Desk, Routes> viewers,
      Metrics metrics) {
    this.config = config;
    this.replayLimit = replayLimit;
    this.cluster = cluster;
    this.owners = owners;
    this.store = store;
    this.front = front;
    this.viewers = viewers;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    Context context = vertx.getOrCreateContext();
    Meters meters = new Meters(metrics);
    Keepers keepers = new Keepers(cluster);
    WatchTeller watches = new WatchTeller(vertx, cluster, keepers, meters);
    StreamTable table =
        new StreamTable(
            vertx, context, config, cluster, owners, watches, store, replayLimit, meters);
    streams = table;
    WatchDesk users = new WatchDesk(vertx, context, cluster, keepers, meters);
    BatchDesk desk = new BatchDesk(table, users, owners.partitions().count(), meters);
    metrics.gauge(
        "ovation.supervise.watches",
        "Watching connections of the cluster whose users are kept here",
        users,
        WatchDesk::size);
    metrics.gauge(
        "ovation.supervise.streams", "Streams with viewers here", table, StreamTable::size);
    metrics.gauge(
        "ovation.supervise.replays.waiting",
        "Returning viewers that wait for what history is read for",
        table,
        StreamTable::replaying);
    consumer = vertx.eventBus().consumer(Addresses.supervise(cluster.self()), desk::take);
    return consumer
        .completion()
        .compose(v -> front.mount(viewers.apply(table)))
        .onSuccess(
            v -> {
              cluster.onChange(() -> context.runOnContext(x -> membersChanged(table, users)));
              cluster.onMerge(() -> context.runOnContext(x -> table.resync()));
              vertx.setPeriodic(TICK_MS, t -> tick(table));
              vertx.setPeriodic(AUDIT_MS, t -> table.audit());
              vertx.setPeriodic(config.viewersInterval().toMillis(), t -> table.reportCounts());
              vertx.setPeriodic(WatchTeller.EVERY_MS, t -> watches.tick());
              membersChanged(table, users);
            })
        .compose(v -> cluster.takeUp(Role.SUPERVISE));
  }

  @Override
  public Future<?> stop() {
    return unregister()
        .compose(v -> cluster.layDown(Role.SUPERVISE))
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

  private static void membersChanged(StreamTable table, WatchDesk users) {
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
