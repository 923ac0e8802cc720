package io.ovation.dispatch;

import io.ovation.cluster.AssignedPartitions;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.dispatch.comments.DispatchRateLimiter;
import io.ovation.dispatch.state.StreamStates;
import io.ovation.metrics.Metrics;
import io.ovation.moderation.BanFilter;
import io.ovation.queue.Broker;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueDepth;
import io.ovation.store.Store;
import io.ovation.store.StoreClock;
import io.ovation.wire.Addresses;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher role: owns its share of the queue's partitions and sends their events to the nodes
 * that have viewers. The share follows the cluster's members, without agreement among them.
 */
public final class DispatchVerticle extends VerticleBase {
  /** The queue of {@code ovation.live.Comments}. */
  static final String COMMENTS = "comments";

  /** The queue of {@code ovation.live.Reactions}. */
  static final String REACTIONS = "reactions";

  private static final long TICK_MS = 1_000;

  /** Viewers learn within 2 s that a stream went dark. */
  private static final long STATUS_MS = 200;

  private final Config.Dispatch config;
  private final Config.Reactions reactions;
  private final Duration viewersInterval;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final Broker broker;
  private final Store store;
  private final ObjectStreamNames names;
  private final RegionNames regions;
  private final BanFilter filter;
  private final EventPublisher events;
  private final StoreClock storeClock;
  private final InstantSource clock;
  private final Metrics metrics;
  private @Nullable OwnedPartitions owned;
  private @Nullable MessageConsumer<Object> consumer;

  /**
   * @param viewersInterval how often changed viewer counts are sent to viewers
   * @param names of the streams that show whether an object is live
   * @param regions this one, and those that get what this one accepts
   * @param filter for comments of users who were banned while their comments waited
   * @param events for archives, search and analytics
   * @param storeClock for proposed offsets
   * @param clock for the times that viewers read
   */
  public DispatchVerticle(
      Config.Dispatch config,
      Config.Reactions reactions,
      Duration viewersInterval,
      Cluster cluster,
      PartitionAssignment assignment,
      Broker broker,
      Store store,
      ObjectStreamNames names,
      RegionNames regions,
      BanFilter filter,
      EventPublisher events,
      StoreClock storeClock,
      InstantSource clock,
      Metrics metrics) {
    this.config = config;
    this.reactions = reactions;
    this.viewersInterval = viewersInterval;
    this.cluster = cluster;
    this.assignment = assignment;
    this.broker = broker;
    this.store = store;
    this.names = names;
    this.regions = regions;
    this.filter = filter;
    this.events = events;
    this.storeClock = storeClock;
    this.clock = clock;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    int count = assignment.partitions().count();
    return broker
        .declare(COMMENTS, Set.of(Lane.NORMAL), count)
        .compose(v -> broker.declare(REACTIONS, Set.of(Lane.NORMAL), count))
        .compose(v -> receive())
        .compose(v -> cluster.announceRole(Role.DISPATCH));
  }

  private Future<Void> receive() {
    OwnedPartitions partitions =
        new OwnedPartitions(context(), new AssignedPartitions(cluster, assignment)::assigned);
    DispatchMessageHandler messages =
        new DispatchMessageHandler(assignment.partitions(), partitions);
    owned = partitions;
    consumer = vertx.eventBus().consumer(Addresses.dispatch(cluster.self()), messages::handle);
    return consumer.completion().onSuccess(v -> own(partitions));
  }

  private DispatchContext context() {
    return new DispatchContext(
        vertx,
        config,
        reactions,
        viewersInterval,
        assignment.partitions(),
        cluster,
        broker,
        store,
        new StoreHealth(vertx, store, metrics),
        new DispatchRateLimiter(config.rate(), DispatchVerticle::monotonicMillis),
        new DispatchMetrics(metrics, regions.others()),
        names,
        regions,
        filter,
        events,
        storeClock::micros,
        clock::millis,
        DispatchVerticle::monotonicMillis);
  }

  private static long monotonicMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  private void own(OwnedPartitions partitions) {
    Context context = vertx.getOrCreateContext();
    metrics.gauge(
        "ovation.dispatch.partitions.owned",
        "Partitions that this node owns",
        partitions,
        OwnedPartitions::owning);
    for (int partition = 0; partition < assignment.partitions().count(); partition++) {
      int number = partition;
      metrics.gauge(
          "ovation.dispatch.lag.seconds",
          "How long ago the oldest comment was accepted that the owner has not acked",
          partitions,
          it -> it.lagMs(number) / 1e3,
          "partition",
          Integer.toString(number));
    }
    cluster.onChange(() -> context.runOnContext(v -> partitions.membersChanged()));
    cluster.onMerge(() -> context.runOnContext(v -> partitions.merged()));
    vertx.setPeriodic(TICK_MS, t -> partitions.tick());
    vertx.setPeriodic(
        viewersInterval.toMillis(),
        t -> partitions.all().forEach(o -> o.runOnStates(StreamStates::broadcastViewerCounts)));
    vertx.setPeriodic(
        STATUS_MS, t -> partitions.all().forEach(o -> o.runOnStates(StreamStates::tickStatuses)));
    for (String queue : List.of(COMMENTS, REACTIONS)) {
      new QueueDepth(broker, queue, Set.of(Lane.NORMAL), partitions::partitions, metrics)
          .watch(vertx);
    }
    partitions.applyShare();
  }

  @Override
  public Future<?> stop() {
    if (owned != null) {
      owned.stopTaking();
    }
    return cluster.withdrawRole(Role.DISPATCH).otherwiseEmpty().compose(v -> close());
  }

  private Future<?> close() {
    return Future.join(
        owned == null ? Future.succeededFuture() : owned.close(),
        consumer == null ? Future.succeededFuture() : consumer.unregister());
  }
}
