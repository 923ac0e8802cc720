package io.ovation.node;

import io.ovation.cluster.BusHeartbeat;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.vertx.core.Future;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.Optional;

/** Checks whether this node's back ends allow it to be in a cluster with other nodes. */
public final class ClusterRequirements {
  private ClusterRequirements() {}

  /**
   * Why this node must leave the cluster, if it must. An embedded queue or store is not shared, so
   * comments accepted here would never reach the other nodes' viewers.
   *
   * @param members of the cluster, this node included
   */
  public static Optional<ConfigException> refusal(Config config, int members) {
    boolean shared = !config.rabbitmq().uri().isEmpty() && !config.redis().uri().isEmpty();
    if (shared || members < 2) {
      return Optional.empty();
    }
    String text =
        "this node is in a cluster of %d but keeps its %s to itself. A cluster of more than one node"
            + " needs both RabbitMQ and Redis: set rabbitmq.uri (OVATION_RABBITMQ_URI) and redis.uri"
            + " (OVATION_REDIS_URI), or start it without -cluster";
    String alone = config.rabbitmq().uri().isEmpty() ? "queue" : "store";
    return Optional.of(new ConfigException(text.formatted(members, alone)));
  }

  /** For readiness. */
  public static Future<String> state(HazelcastClusterManager manager, BusHeartbeat heartbeat) {
    return manager.getHazelcastInstance().getLifecycleService().isRunning()
        ? heartbeat.state()
        : Future.failedFuture("Hazelcast is not running");
  }
}
