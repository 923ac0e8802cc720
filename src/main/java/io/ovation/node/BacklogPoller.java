package io.ovation.node;

import io.ovation.async.Futures;
import io.ovation.cluster.Cluster;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The depth of every queue, lane and partition, exported by one node of the cluster: its first
 * member. So the sum over all nodes is right, and work that waits shows although no node consumes
 * it. Others export 0. Used on one context.
 */
public final class BacklogPoller {
  private static final long EVERY_MS = 5_000;

  private final Cluster cluster;
  private final Broker broker;
  private final Map<QueueName, Depth> depths = new LinkedHashMap<>();
  private boolean polling;

  /** Written on the context, read by the scraper. */
  private static final class Depth {
    volatile long items;
  }

  public BacklogPoller(
      Cluster cluster,
      Broker broker,
      Map<String, Set<Lane>> queues,
      int partitions,
      Metrics metrics) {
    this.cluster = cluster;
    this.broker = broker;
    queues.forEach(
        (queue, lanes) -> {
          for (Lane lane : lanes) {
            for (int partition = 0; partition < partitions; partition++) {
              Depth depth = new Depth();
              depths.put(new QueueName(queue, lane, partition), depth);
              metrics.gauge(
                  "ovation.queue.backlog",
                  "Items of a queue, unacked ones included; exported by one node of the cluster",
                  depth,
                  it -> it.items,
                  "queue",
                  queue,
                  "lane",
                  lane.text(),
                  "partition",
                  Integer.toString(partition));
            }
          }
        });
  }

  public void start(Vertx vertx) {
    vertx.setPeriodic(EVERY_MS, timer -> poll());
  }

  /** One queue after the other, unless an earlier poll still runs. A failed one keeps its value. */
  Future<Void> poll() {
    if (polling) {
      return Future.succeededFuture();
    }
    if (!first()) {
      depths.values().forEach(depth -> depth.items = 0);
      return Future.succeededFuture();
    }
    polling = true;
    Future<Void> done = Future.succeededFuture();
    for (Map.Entry<QueueName, Depth> entry : depths.entrySet()) {
      done =
          done.compose(
              v ->
                  Futures.attempt(() -> broker.depth(entry.getKey()))
                      .onSuccess(items -> entry.getValue().items = items)
                      .<Void>mapEmpty()
                      .otherwiseEmpty());
    }
    return done.onComplete(v -> polling = false);
  }

  private boolean first() {
    return cluster.members().stream()
        .findFirst()
        .map(member -> member.id().equals(cluster.self()))
        .orElse(true);
  }
}
