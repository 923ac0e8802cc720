package io.ovation.node;

import io.ovation.cluster.Cluster;
import io.ovation.cluster.PartitionAssignment;
import io.ovation.cluster.Role;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ReactionsQueue;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.QueueDepth;
import io.ovation.queue.typed.Contract;
import io.vertx.core.Vertx;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Dispatchers export the depth of the queues that they consume. While there is none, the first of
 * the other nodes does: who scales dispatchers from none needs to know.
 */
final class OrphanedQueues {
  private OrphanedQueues() {}

  static void watch(
      Vertx vertx,
      Cluster cluster,
      PartitionAssignment assignment,
      Broker broker,
      Metrics metrics) {
    List<Integer> all = IntStream.range(0, assignment.partitions().count()).boxed().toList();
    Supplier<List<Integer>> orphans =
        () -> assignment.of(0) == null && isFirstOfTheOthers(cluster) ? all : List.of();
    for (Contract queue : List.of(CommentsQueue.contract(), ReactionsQueue.contract())) {
      new QueueDepth(broker, queue.queue(), queue.lanes(), orphans, metrics).watch(vertx);
    }
  }

  private static boolean isFirstOfTheOthers(Cluster cluster) {
    return Stream.concat(
            cluster.nodes(Role.INGRESS).stream(), cluster.nodes(Role.SUPERVISE).stream())
        .min(Comparator.naturalOrder())
        .filter(cluster.self()::equals)
        .isPresent();
  }
}
