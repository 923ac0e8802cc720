package io.ovation.region;

import io.ovation.cluster.AssignedPartitions;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.QueueName;
import io.ovation.store.Store;
import io.ovation.wire.Addresses;
import io.ovation.wire.proto.PresenceQuery;
import io.ovation.wire.proto.PresenceReport;
import io.ovation.wire.proto.RegionsReport;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The region role: carries this region's outboxes over to the other regions. Nodes of the role
 * share the outboxes' partitions; each derives its share from the cluster's members, and each
 * outbox has a single active consumer besides.
 */
public final class RegionVerticle extends VerticleBase {
  private static final Logger log = LoggerFactory.getLogger(RegionVerticle.class);

  private static final long STATES_MS = 1_000;
  private static final DeliveryOptions PATIENCE = new DeliveryOptions().setSendTimeout(2_000);

  /** The node that carries this partition's outboxes hands on the bans and settings too. */
  private static final int TABLE_PARTITION = 0;

  private final String ownRegion;
  private final Config.Regions config;
  private final Config.Rabbitmq rabbitmq;
  private final Cluster cluster;
  private final PartitionAssignment owners;
  private final Broker broker;
  private final Store store;
  private final InstantSource clock;
  private final Metrics metrics;
  private final AssignedPartitions share;
  private final Map<Integer, PresenceForwarder> presence = new HashMap<>();
  private final Map<RegionLink, TableForwarder> tables = new HashMap<>();
  private final List<RegionLink> links = new ArrayList<>();
  private final Map<RegionLink, OutboxLag> lags = new LinkedHashMap<>();
  private @Nullable MessageConsumer<Object> consumer;

  /** By region, then by partition. Changed on the context, read by scrapes. */
  private final Map<String, Map<Integer, OutboxForwarder>> forwarders = new ConcurrentHashMap<>();

  /**
   * @param rabbitmq how this region's own RabbitMQ is connected to
   * @param assignment of partitions to the nodes of the region role
   * @param owners the partitions' dispatchers
   */
  public RegionVerticle(
      String ownRegion,
      Config.Regions config,
      Config.Rabbitmq rabbitmq,
      Cluster cluster,
      PartitionAssignment assignment,
      PartitionAssignment owners,
      Broker broker,
      Store store,
      InstantSource clock,
      Metrics metrics) {
    this.ownRegion = ownRegion;
    this.config = config;
    this.rabbitmq = rabbitmq;
    this.cluster = cluster;
    this.owners = owners;
    this.broker = broker;
    this.store = store;
    this.clock = clock;
    this.metrics = metrics;
    this.share = new AssignedPartitions(cluster, assignment);
  }

  @Override
  public Future<?> start() {
    connect();
    vertx.setPeriodic(STATES_MS, t -> forwardStates());
    consumer = vertx.eventBus().consumer(Addresses.region(cluster.self()), this::report);
    return consumer
        .completion()
        .compose(v -> cluster.announceRole(Role.REGION))
        .onSuccess(v -> share.follow(vertx, this::own));
  }

  private void connect() {
    config
        .queues()
        .forEach(
            (region, uri) -> {
              forwarders.put(region, new ConcurrentHashMap<>());
              RegionLink link = RegionLink.connect(vertx, region, uri, rabbitmq, metrics);
              OutboxLag lag = new OutboxLag(broker, region, () -> of(region), metrics);
              lag.watch(vertx);
              links.add(link);
              lags.put(link, lag);
            });
    log.info("what is accepted here goes to the regions {}", config.queues().keySet());
  }

  private void forwardStates() {
    tables.values().forEach(TableForwarder::poll);
    presence.values().forEach(PresenceForwarder::poll);
  }

  private void report(Message<Object> message) {
    RegionsReport.Builder report = RegionsReport.newBuilder();
    lags.forEach((link, lag) -> report.addRegions(link.report(lag.report())));
    message.reply(report.build());
  }

  private Collection<OutboxForwarder> of(String region) {
    return forwarders.getOrDefault(region, Map.of()).values();
  }

  private void own(Set<Integer> partitions) {
    presence.keySet().retainAll(partitions);
    partitions.forEach(p -> presence.computeIfAbsent(p, this::presenceOf));
    for (RegionLink link : links) {
      if (partitions.contains(TABLE_PARTITION)) {
        tables.computeIfAbsent(
            link, l -> new TableForwarder(ownRegion, l, store, RegionVerticle::monotonicMillis));
      } else {
        tables.remove(link);
      }
      Map<Integer, OutboxForwarder> mine = forwarders.getOrDefault(link.region, Map.of());
      mine.keySet().stream()
          .filter(partition -> !partitions.contains(partition))
          .toList()
          .forEach(
              partition ->
                  Optional.ofNullable(mine.remove(partition)).ifPresent(RegionVerticle::release));
      for (int partition : partitions) {
        mine.computeIfAbsent(
            partition,
            p -> new OutboxForwarder(vertx, broker, link, QueueName.outbox(link.region, p), clock));
      }
    }
  }

  private PresenceForwarder presenceOf(int partition) {
    return new PresenceForwarder(
        ownRegion, links, partition, this::askOwner, RegionVerticle::monotonicMillis);
  }

  private Future<PresenceReport> askOwner(PresenceQuery query) {
    String owner = owners.of(query.getPartition());
    if (owner == null) {
      return Future.failedFuture("partition " + query.getPartition() + " has no owner");
    }
    return vertx
        .eventBus()
        .<PresenceReport>request(Addresses.dispatch(owner), query, PATIENCE)
        .map(Message::body);
  }

  private static long monotonicMillis() {
    return System.nanoTime() / 1_000_000;
  }

  private static void release(OutboxForwarder forwarder) {
    forwarder
        .close()
        .onFailure(e -> log.warn("the channel of {} did not close", forwarder.outbox(), e));
  }

  @Override
  public Future<?> stop() {
    share.close();
    List<Future<Void>> ending = new ArrayList<>();
    if (consumer != null) {
      ending.add(consumer.unregister());
    }
    forwarders.values().forEach(all -> all.values().forEach(one -> ending.add(one.close())));
    return cluster
        .withdrawRole(Role.REGION)
        .otherwiseEmpty()
        .compose(v -> Future.join(ending).otherwiseEmpty())
        .compose(v -> Future.join(links.stream().map(RegionLink::close).toList()));
  }
}
