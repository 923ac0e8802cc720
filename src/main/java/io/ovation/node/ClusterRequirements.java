package io.ovation.node;

import io.ovation.cluster.Cluster;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.vertx.core.Future;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.Optional;

/** Whether a node may have others beside it. */
public final class ClusterRequirements {
  private ClusterRequirements() {}

  /**
   * Why this node must leave: an embedded queue or store is its own alone, so comments accepted
   * here would never reach the others' viewers.
   *
   * @param members of the cluster, this node included
   */
  public static Optional<ConfigException> refusal(Config config, int members) {
    boolean shared = !config.rabbitmq().uri().isEmpty() && !config.redis().uri().isEmpty();
    if (shared || members < 2) {
      return Optional.empty();
    }
    return Optional.of(
        new ConfigException(
            "this node is in a cluster of "
                + members
                + " but keeps its "
                + (config.rabbitmq().uri().isEmpty() ? "queue" : "store")
                + " to itself. A cluster of more than one node needs both RabbitMQ and Redis: set"
                + " rabbitmq.uri (OVATION_RABBITMQ_URI) and redis.uri (OVATION_REDIS_URI), or start"
                + " it without -cluster"));
  }

  public static Future<String> state(Cluster cluster, HazelcastClusterManager manager) {
    return manager.getHazelcastInstance().getLifecycleService().isRunning()
        ? Future.succeededFuture("members: " + cluster.members().size())
        : Future.failedFuture("Hazelcast is not running");
  }
}
