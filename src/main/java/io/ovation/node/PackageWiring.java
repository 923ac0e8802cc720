package io.ovation.node;

import io.ovation.auth.AccessControl;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.config.Config;
import io.ovation.http.Routes;
import io.ovation.metrics.Metrics;
import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageRoutes;
import io.ovation.packages.PackageService;
import io.ovation.packages.PackageVerticle;
import io.ovation.packages.proto.PackageRequest;
import io.ovation.packages.proto.PackagesProducer;
import io.ovation.queue.Lane;
import io.ovation.queue.typed.EnqueueOptions;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ServiceLoader;
import java.util.function.BiFunction;

/** The node's part of packages: the routes that take them, and the worker that processes them. */
record PackageWiring(
    Vertx vertx,
    Config.Packages config,
    Backends backends,
    PackagesProducer producer,
    Cluster cluster,
    PartitionAssignment assignment,
    InstantSource clock,
    Metrics metrics) {

  Routes routes(AccessControl access) {
    BiFunction<PackageRequest, Lane, Future<String>> enqueue =
        (item, lane) -> producer.enqueueProcess(item, EnqueueOptions.none().withLane(lane));
    return new PackageRoutes(
        new PackageService(backends.store(), enqueue, config, clock, metrics), access);
  }

  Future<Deployable> worker() {
    // Constructors of other people's classes may block.
    return vertx
        .executeBlocking(
            () -> ServiceLoader.load(PackageHandler.class).stream().map(p -> p.get()).toList(),
            false)
        .map(
            handlers ->
                new PackageVerticle(
                    config,
                    cluster,
                    new PartitionAssignment(cluster, assignment.partitions(), Role.PACKAGES),
                    backends.broker(),
                    backends.store(),
                    handlers,
                    clock,
                    metrics));
  }
}
