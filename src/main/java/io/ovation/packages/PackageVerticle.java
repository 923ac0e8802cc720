package io.ovation.packages;

import io.ovation.cluster.AssignedPartitions;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.http.WebhookSignature;
import io.ovation.metrics.Metrics;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Broker;
import io.ovation.queue.QueueDepth;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.ovation.store.Store;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packages role: a worker. Workers share the queue's partitions; each derives its share from
 * the cluster's members.
 */
public final class PackageVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(PackageVerticle.class);

  /** Below the node's patience with a role that stops. */
  private static final Duration DRAIN = Duration.ofSeconds(6);

  /** Attempts in progress may end until then; then other workers get their packages. */
  static final long HAND_BACK_MS = 5_000;

  private final Config.Packages config;
  private final Cluster cluster;
  private final PartitionAssignment assignment;
  private final Broker broker;
  private final Store store;
  private final Collection<PackageHandler> handlers;
  private final Metrics metrics;
  private final InstantSource clock;
  private final AssignedPartitions share;
  private @Nullable PackageWorker worker;
  private @Nullable QueueConsumer consumer;

  /**
   * @param assignment of partitions to the nodes of the packages role
   * @param handlers in this process; those of the configured webhooks are added
   */
  public PackageVerticle(
      Config.Packages config,
      Cluster cluster,
      PartitionAssignment assignment,
      Broker broker,
      Store store,
      Collection<PackageHandler> handlers,
      InstantSource clock,
      Metrics metrics) {
    this.config = config;
    this.cluster = cluster;
    this.assignment = assignment;
    this.broker = broker;
    this.store = store;
    this.handlers = handlers;
    this.clock = clock;
    this.metrics = metrics;
    this.share = new AssignedPartitions(cluster, assignment);
  }

  @Override
  public Future<?> start() {
    Context context = vertx.getOrCreateContext();
    PackageWorkerMetrics workerMetrics = new PackageWorkerMetrics(metrics);
    PackageWorker created =
        new PackageWorker(
            vertx,
            cluster.self(),
            new PackageStateRepository(store, config.ttl()),
            new PackagesProducer(broker, assignment.partitions(), clock, metrics),
            byType(context, workerMetrics),
            config,
            workerMetrics);
    worker = created;
    vertx.setPeriodic(RecentOutcomes.EVERY_MS, t -> created.checkOutcomes());
    String help = "partitions that this node consumes";
    metrics.gauge("ovation.packages.partitions.owned", help, share, it -> it.held().size());
    Contract contract = PackagesQueue.contract();
    return broker
        .declare(contract.queue(), contract.lanes(), assignment.partitions().count())
        .compose(
            v -> {
              consumer =
                  new QueueConsumer(
                      vertx,
                      broker,
                      PackagesQueue.register(created),
                      new ConsumerOptions(config.concurrency(), config.prefetch(), DRAIN),
                      clock,
                      metrics);
              new QueueDepth(broker, contract.queue(), contract.lanes(), share::held, metrics)
                  .watch(vertx);
              return cluster.announceRole(Role.PACKAGES);
            })
        .onSuccess(v -> share.follow(vertx, this::own));
  }

  @Override
  public Future<?> stop() {
    share.close();
    QueueConsumer last = consumer;
    PackageWorker working = worker;
    consumer = null;
    if (last == null || working == null) {
      return cluster.withdrawRole(Role.PACKAGES).otherwiseEmpty();
    }
    working.stop();
    vertx.setTimer(HAND_BACK_MS, t -> working.handBack());
    return cluster.withdrawRole(Role.PACKAGES).otherwiseEmpty().compose(v -> last.stop());
  }

  private void own(Set<Integer> partitions) {
    if (consumer != null) {
      consumer
          .own(partitions)
          .onFailure(e -> log.warn("not all channels of released partitions closed", e));
    }
  }

  private Map<String, TypeHandler> byType(Context context, PackageWorkerMetrics workerMetrics) {
    List<PackageHandler> all = new ArrayList<>(handlers);
    if (!config.webhooks().isEmpty()) {
      HttpClient client = WebhookHandler.client(vertx, config);
      WebhookSignature key = new WebhookSignature(config.webhookSecret());
      config
          .webhooks()
          .forEach(
              (type, url) ->
                  all.add(new WebhookHandler(client, type, url, key, config.timeout(), clock)));
    }
    Map<String, TypeHandler> byType = new HashMap<>();
    for (PackageHandler handler : all) {
      String type = handler.type();
      String fault = PackageSubmission.typeFault(type);
      if (fault != null) {
        throw new IllegalArgumentException(handler + ": its type " + fault);
      }
      TypeHandler bounded = new TypeHandler(context, handler, config, workerMetrics.handling(type));
      if (byType.putIfAbsent(type, bounded) != null) {
        throw new ConfigException(
            "package type "
                + type
                + " has two handlers, one in this process and one in packages.webhooks: remove one");
      }
    }
    log.info("package types handled here: {}", byType.keySet());
    return Map.copyOf(byType);
  }
}
