package io.ovation.packages;

import io.ovation.bus.Cluster;
import io.ovation.bus.Owners;
import io.ovation.bus.Role;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Broker;
import io.ovation.queue.Depth;
import io.ovation.queue.typed.ConsumerOptions;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.QueueConsumer;
import io.ovation.store.Store;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packages role: a worker. Workers share the queue's partitions; a share changes with the
 * cluster's members, at once and without asking anybody.
 */
public final class PackageVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(PackageVerticle.class);

  /** Should a change of members have gone unheard. */
  private static final long SHARE_MS = 1_000;

  /** Below the node's patience with a role that stops. */
  private static final Duration DRAIN = Duration.ofSeconds(6);

  private final Config.Packages config;
  private final Cluster cluster;
  private final Owners owners;
  private final Broker broker;
  private final Store store;
  private final Collection<PackageHandler> handlers;
  private final Metrics metrics;
  private final InstantSource clock = InstantSource.system();
  private @Nullable QueueConsumer consumer;
  private Set<Integer> owned = Set.of();

  /**
   * @param owners of the packages role
   * @param handlers in-process ones; those in the config are added
   */
  public PackageVerticle(
      Config.Packages config,
      Cluster cluster,
      Owners owners,
      Broker broker,
      Store store,
      Collection<PackageHandler> handlers,
      Metrics metrics) {
    this.config = config;
    this.cluster = cluster;
    this.owners = owners;
    this.broker = broker;
    this.store = store;
    this.handlers = handlers;
    this.metrics = metrics;
  }

  @Override
  public Future<?> start() {
    Context context = vertx.getOrCreateContext();
    WorkerMeters meters = new WorkerMeters(metrics);
    PackageWorker worker =
        new PackageWorker(
            vertx,
            cluster.self(),
            new StateBook(store, config.ttl()),
            new Later(new PackagesProducer(broker, owners.partitions(), clock, metrics)),
            byType(context, meters),
            config,
            clock,
            meters);
    metrics.gauge(
        "ovation.packages.partitions.owned",
        "partitions that this node consumes",
        this,
        v -> v.owned.size());
    Contract contract = PackagesQueue.contract();
    return broker
        .declare(contract.queue(), contract.lanes(), owners.partitions().count())
        .compose(
            v -> {
              consumer =
                  new QueueConsumer(
                      vertx,
                      broker,
                      PackagesQueue.register(worker),
                      new ConsumerOptions(config.concurrency(), config.prefetch(), DRAIN),
                      clock,
                      metrics);
              cluster.onChange(() -> context.runOnContext(x -> share()));
              cluster.onMerge(() -> context.runOnContext(x -> share()));
              vertx.setPeriodic(SHARE_MS, t -> share());
              new Depth(broker, contract.queue(), contract.lanes(), () -> owned, metrics)
                  .watch(vertx);
              return cluster.takeUp(Role.PACKAGES);
            })
        .onSuccess(v -> share());
  }

  @Override
  public Future<?> stop() {
    QueueConsumer last = consumer;
    consumer = null;
    return cluster
        .layDown(Role.PACKAGES)
        .otherwiseEmpty()
        .compose(v -> last == null ? Future.succeededFuture() : last.stop());
  }

  private void share() {
    Set<Integer> ours =
        IntStream.range(0, owners.partitions().count())
            .filter(p -> cluster.self().equals(owners.of(p)))
            .boxed()
            .collect(Collectors.toUnmodifiableSet());
    if (consumer != null && !ours.equals(owned)) {
      owned = ours;
      consumer
          .own(ours)
          .onFailure(e -> log.warn("not all channels of the partitions given up closed", e));
    }
  }

  private Map<String, TypeHandler> byType(Context context, WorkerMeters meters) {
    Map<String, TypeHandler> all = new HashMap<>();
    handlers.forEach(handler -> add(all, handler, context, meters));
    if (!config.webhooks().isEmpty()) {
      HttpClient client = Webhooks.client(vertx, config);
      Signature signature = new Signature(config.webhookSecret());
      config
          .webhooks()
          .forEach(
              (type, url) ->
                  add(
                      all,
                      new WebhookHandler(client, type, url, signature, config.timeout(), clock),
                      context,
                      meters));
    }
    log.info("package types handled here: {}", all.keySet());
    return Map.copyOf(all);
  }

  private void add(
      Map<String, TypeHandler> all, PackageHandler handler, Context context, WorkerMeters meters) {
    String type = handler.type();
    String fault = PackageFields.typeFault(type);
    if (fault != null) {
      throw new IllegalArgumentException(handler + ": its type " + fault);
    }
    TypeHandler bounded = new TypeHandler(context, handler, config, meters.handling(type));
    if (all.putIfAbsent(type, bounded) != null) {
      throw new ConfigException(
          "package type "
              + type
              + " has two handlers, one in this process and one in packages.webhooks: take one away");
    }
  }
}
