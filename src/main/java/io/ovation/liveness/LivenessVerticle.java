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
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The liveness role: checks the objects that callbacks name. Nodes with the role and an origin
 * share the queue's partitions; each derives its share from the cluster's members.
 */
public final class LivenessVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(LivenessVerticle.class);

  /** Below the time that the node allows a role for its stop. */
  private static final Duration DRAIN = Duration.ofSeconds(6);

  private static final long MEASURE_MS = 5_000;

  private final Config.Liveness config;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final PartitionAssignment dispatchers;
  private final Broker broker;
  private final Store store;
  private final InstantSource clock;
  private final Metrics metrics;
  private final AssignedPartitions share;
  private @Nullable ObjectChecker checker;
  private @Nullable QueueConsumer consumer;
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
      InstantSource clock,
      Metrics metrics) {
    this.config = config;
    this.cluster = cluster;
    this.assignment = assignment;
    this.dispatchers = dispatchers;
    this.broker = broker;
    this.store = store;
    this.clock = clock;
    this.metrics = metrics;
    this.share = new AssignedPartitions(cluster, assignment);
  }

  @Override
  public Future<?> start() {
    if (config.origin().isEmpty()) {
      log.info("liveness.origin is not set: no objects are checked here (OVATION_LIVENESS_ORIGIN)");
      return Future.succeededFuture();
    }
    Contract contract = LivenessQueue.contract();
    return broker
        .declare(contract.queue(), contract.lanes(), assignment.partitions().count())
        .compose(
            v -> {
              consume();
              new QueueDepth(broker, contract.queue(), contract.lanes(), share::held, metrics)
                  .watch(vertx);
              vertx.setPeriodic(MEASURE_MS, t -> measure());
              return cluster.announceRole(Role.LIVENESS);
            })
        .onSuccess(v -> share.follow(vertx, ours -> applyShare()));
  }

  private void consume() {
    ObjectStreamNames streams = new ObjectStreamNames(config.streamPrefix());
    SightingNotifier notifier =
        new SightingNotifier(vertx, dispatchers, streams, System::nanoTime, metrics);
    ObjectChecker checks =
        new ObjectChecker(vertx, config, store, notifier, clock, this::applyShare, metrics);
    checker = checks;
    // Twice as many handlers as checks, since items may share a check. Each partition prefetches
    // enough to keep all checks busy, in case this node owns only one. Order does not matter here,
    // so that nodes may differ.
    int concurrency = config.concurrency();
    ConsumerOptions options =
        new ConsumerOptions(2 * concurrency, concurrency + concurrency / 4 + 8, DRAIN);
    consumer =
        new QueueConsumer(vertx, broker, LivenessQueue.register(checks), options, clock, metrics);
    String help = "partitions that this node consumes";
    metrics.gauge("ovation.liveness.partitions.owned", help, share, it -> it.held().size());
    help = "objects online, the same on every node";
    metrics.gauge("ovation.liveness.online", help, this, v -> v.online);
  }

  /**
   * While the origin or the store fails, releases the partitions, so that items wait in the queue
   * without using up attempts.
   */
  private void applyShare() {
    if (consumer == null || checker == null) {
      return;
    }
    boolean paused = checker.paused();
    consumer
        .own(paused ? Set.of() : share.held())
        .onFailure(e -> log.warn("not all channels of released partitions closed", e));
    if (paused) {
      checker.dropWaiting();
    }
  }

  private void measure() {
    if (!counting) {
      counting = true;
      store
          .sightings()
          .count()
          .onSuccess(count -> online = count)
          .onComplete(done -> counting = false);
    }
  }

  @Override
  public Future<?> stop() {
    share.close();
    QueueConsumer last = consumer;
    ObjectChecker checks = checker;
    consumer = null;
    if (last == null || checks == null) {
      return Future.succeededFuture();
    }
    return cluster
        .withdrawRole(Role.LIVENESS)
        .otherwiseEmpty()
        .compose(v -> last.stop())
        .eventually(checks::close);
  }
}
