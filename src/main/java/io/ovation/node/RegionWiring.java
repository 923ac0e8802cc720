package io.ovation.node;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.dispatch.RegionNames;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueBounds;
import io.ovation.queue.rabbit.OwnBrokerCheck;
import io.ovation.region.RegionVerticle;
import io.ovation.region.ReplicatedTable;
import io.ovation.store.SharedTable;
import io.ovation.store.Store;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** What a node does for other regions: nothing, unless some are configured. */
record RegionWiring(
    Vertx vertx, Config config, Broker broker, Store store, Cluster cluster, Metrics metrics) {

  RegionNames names() {
    return new RegionNames(config.region(), List.copyOf(config.regions().queues().keySet()));
  }

  /** The table of bans and settings, whose changes go to the other regions too. */
  SharedTable table() {
    SharedTable own = store.table();
    return config.regions().queues().isEmpty()
        ? own
        : new ReplicatedTable(
            own,
            broker,
            new Partitions(config.partitions()),
            config.region(),
            names().others(),
            InstantSource.system());
  }

  /** Creates what waits for the other regions. Fails if this node has nothing else to do. */
  Future<Void> declareOutboxes(Set<Role> roles) {
    Config.Regions regions = config.regions();
    if (regions.queues().isEmpty() && roles.equals(Set.of(Role.REGION))) {
      return Future.failedFuture(
          new ConfigException(
              "this node has the role region alone, but no regions are configured: set"
                  + " regions.<name>.queue (OVATION_REGIONS_<NAME>_QUEUE)"));
    }
    QueueBounds bounds = new QueueBounds(regions.outboxBytes(), regions.outboxAge());
    Future<Void> done = Future.succeededFuture();
    for (String region : regions.queues().keySet()) {
      done = done.compose(v -> broker.declareOutbox(region, config.partitions(), bounds));
    }
    return done;
  }

  /**
   * Fails if another region's RabbitMQ is this region's own, under whatever address. One that can't
   * be reached now is recognized later, before anything is carried over to it.
   */
  Future<Void> refuseOwnBroker(Set<Role> roles) {
    if (!neededBy(roles)) {
      return Future.succeededFuture();
    }
    return OwnBrokerCheck.among(vertx, config.regions().queues(), config.rabbitmq())
        .compose(
            same ->
                same.isEmpty()
                    ? Future.succeededFuture()
                    : Future.failedFuture(ownBroker(same.iterator().next())));
  }

  private static ConfigException ownBroker(String region) {
    return new ConfigException(
        "regions.%s.queue leads to this region's own RabbitMQ (rabbitmq.uri) under another address, so that every comment would come back. Name the RabbitMQ of region %s"
            .formatted(region, region));
  }

  boolean neededBy(Set<Role> roles) {
    return roles.contains(Role.REGION) && !config.regions().queues().isEmpty();
  }

  Deployable forwarder() {
    Partitions partitions = new Partitions(config.partitions());
    return new RegionVerticle(
        config.region(),
        config.regions(),
        config.rabbitmq(),
        cluster,
        new PartitionAssignment(cluster, partitions, Role.REGION),
        new PartitionAssignment(cluster, partitions),
        broker,
        store,
        InstantSource.system(),
        metrics);
  }
}
