package io.ovation.liveness;

import io.ovation.cluster.AssignedPartitions;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.ObjectStreamNames;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.QueueDepth;
import io.ovation.queue.typed.Contract;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The liveness role: checks the objects that callbacks name. Nodes with the role and an origin
 * share the queue's partitions; each derives its share from the cluster's members.
 */
public final class LivenessVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(LivenessVerticle.class);

  private static final long MEASURE_MS = 5_000;

  private final Config.Liveness config;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final PartitionAssignment dispatchers;
  private final Broker broker;
  private final Store store;
  private final Metrics metrics;
  private final AssignedPartitions share;
  private @Nullable LivenessConsumer consumer;
  private volatile long online;
  private boolean counting;

  /**
   * @param assignment of partitions to the nodes of the liveness role
   * @param dispatchers the assignment of streams to their owners, which are notified of sightings
   */
  public LivenessVerticle(
      Config.Liveness config,
      Cluster cluster,
      PartitionAssignment assignment,
      PartitionAssignment dispatchers,
      Broker broker,
      Store store,
      Metrics metrics) {
    this.config = config;
    this.cluster = cluster;
    this.assignment = assignment;
    this.dispatchers = dispatchers;
    this.broker = broker;
    this.store = store;
    this.metrics = metrics;
    this.share = new AssignedPartitions(cluster, assignment);
  }

  @Override
  public Future<?> start() {
    if (config.origin().isEmpty()) {
      log.info("liveness.origin is not set: no objects are checked here (OVATION_LIVENESS_ORIGIN)");
      return Future.succeededFuture();
    }
    CheckMetrics checkMetrics = new CheckMetrics(metrics);
    ObjectStreamNames streams = new ObjectStreamNames(config.streamPrefix());
    SightingNotifier notifier = new SightingNotifier(vertx, dispatchers, streams, checkMetrics);
    gauges();
    Contract contract = LivenessQueue.contract();
    QueueDepth depth =
        new QueueDepth(broker, contract.queue(), contract.lanes(), share::held, metrics);
    return broker
        .declare(contract.queue(), contract.lanes(), assignment.partitions().count())
        .compose(
            v -> {
              consumer =
                  new LivenessConsumer(
                      vertx, config, broker, store, notifier, checkMetrics, metrics);
              depth.watch(vertx);
              vertx.setPeriodic(MEASURE_MS, t -> measure());
              return cluster.announceRole(Role.LIVENESS);
            })
        .onSuccess(v -> followShare());
  }

  private void gauges() {
    metrics.gauge(
        "ovation.liveness.partitions.owned",
        "partitions that this node consumes",
        this,
        v -> v.share.held().size());
    metrics.gauge(
        "ovation.liveness.online", "objects online, the same on every node", this, v -> v.online);
  }

  private void measure() {
    if (!counting) {
      counting = true;
      store
          .sightings()
          .count()
          .onComplete(
              count -> {
                counting = false;
                if (count.succeeded()) {
                  online = count.result();
                }
              });
    }
  }

  @Override
  public Future<?> stop() {
    share.close();
    LivenessConsumer last = consumer;
    consumer = null;
    if (last == null) {
      return Future.succeededFuture();
    }
    return cluster.withdrawRole(Role.LIVENESS).otherwiseEmpty().compose(v -> last.stop());
  }

  private void followShare() {
    LivenessConsumer sharing = consumer;
    if (sharing != null) {
      share.follow(vertx, sharing::own);
    }
  }
}
