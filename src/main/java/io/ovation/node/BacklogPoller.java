package io.ovation.node;

import io.ovation.async.Futures;
import io.ovation.cluster.Cluster;
import io.ovation.cluster.Role;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.packages.proto.PackagesQueue;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The depth of every queue, lane and partition, exported by one node of the cluster: its first
 * member. So the sum over all nodes is right, and work that waits shows although no node consumes
 * it. Others export 0.
 *
 * <p>Likewise the age of the oldest item: exported by the node that consumes the queue; while no
 * node does, the first member exports for how long it has seen the queue not empty. Used on one
 * context.
 */
public final class BacklogPoller {
  private static final long EVERY_MS = 5_000;

  private final Cluster cluster;
  private final Broker broker;
  private final Map<QueueName, Depth> depths = new LinkedHashMap<>();
  private final Predicate<String> consumed;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private boolean polling;

  /** Written on the context, read by the scraper. */
  private static final class Depth {
    volatile long items;
    volatile double oldestSeconds;

    /** As the broker here knows it; 0 if this node does not consume the queue. */
    volatile double consumedSeconds;

    /** Since when no poll found it empty, monotonic; 0 if the last one did. */
    volatile long waitingSince;
  }

  /**
   * @param consumed whether a live node consumes the queue of this name
   */
  public BacklogPoller(
      Cluster cluster,
      Broker broker,
      Map<String, Set<Lane>> queues,
      int partitions,
      Predicate<String> consumed,
      InstantSource clock,
      LongSupplier nanos,
      Metrics metrics) {
    this.cluster = cluster;
    this.broker = broker;
    this.consumed = consumed;
    this.clock = clock;
    this.nanos = nanos;
    queues.forEach(
        (queue, lanes) -> {
          for (Lane lane : lanes) {
            for (int partition = 0; partition < partitions; partition++) {
              Depth depth = new Depth();
              depths.put(new QueueName(queue, lane, partition), depth);
              String[] tags = {
                "queue", queue, "lane", lane.text(), "partition", Integer.toString(partition)
              };
              metrics.gauge(
                  "ovation.queue.backlog",
                  "Items of a queue, unacked ones included; exported by one node of the cluster",
                  depth,
                  it -> it.items,
                  tags);
              metrics.gauge(
                  "ovation.queue.oldest.seconds",
                  "Age of a queue's oldest item, also while no node consumes it; the largest of all"
                      + " nodes counts",
                  depth,
                  it -> it.oldestSeconds,
                  tags);
            }
          }
        });
  }

  static BacklogPoller of(
      Cluster cluster,
      Broker broker,
      Map<String, Set<Lane>> queues,
      int partitions,
      InstantSource clock,
      Metrics metrics) {
    return new BacklogPoller(
        cluster,
        broker,
        queues,
        partitions,
        queue -> !cluster.nodes(consumer(queue)).isEmpty(),
        clock,
        System::nanoTime,
        metrics);
  }

  /** The role that consumes a queue. */
  private static Role consumer(String queue) {
    return queue.equals(LivenessQueue.contract().queue())
        ? Role.LIVENESS
        : queue.equals(PackagesQueue.contract().queue()) ? Role.PACKAGES : Role.DISPATCH;
  }

  public void start(Vertx vertx) {
    vertx.setPeriodic(
        EVERY_MS,
        timer -> vertx.executeBlocking(this::measureOldest, false).onComplete(v -> poll()));
  }

  /** One queue after the other, unless an earlier poll still runs. A failed one keeps its value. */
  Future<Void> poll() {
    if (polling) {
      return Future.succeededFuture();
    }
    if (!first()) {
      depths
          .values()
          .forEach(
              depth -> {
                depth.items = 0;
                depth.waitingSince = 0;
                depth.oldestSeconds = depth.consumedSeconds;
              });
      return Future.succeededFuture();
    }
    polling = true;
    Future<Void> done = Future.succeededFuture();
    for (Map.Entry<QueueName, Depth> entry : depths.entrySet()) {
      done =
          done.compose(
              v ->
                  Futures.attempt(() -> broker.depth(entry.getKey()))
                      .onSuccess(items -> counted(entry.getKey(), entry.getValue(), items))
                      .<Void>mapEmpty()
                      .otherwiseEmpty());
    }
    return done.onComplete(v -> polling = false);
  }

  /** What this node itself knows of each queue; may block. {@link #poll} adds the others. */
  @Nullable Void measureOldest() {
    depths.forEach(
        (queue, depth) -> {
          long at = broker.oldestMs(queue);
          depth.consumedSeconds = at == 0 ? 0 : Math.max(0, clock.millis() - at) / 1_000.0;
          // Not less than before while nobody consumes it: the queue is yet to be counted.
          depth.oldestSeconds =
              depth.waitingSince == 0
                  ? depth.consumedSeconds
                  : Math.max(depth.oldestSeconds, depth.consumedSeconds);
        });
    return null;
  }

  private void counted(QueueName queue, Depth depth, long items) {
    depth.items = items;
    if (items == 0 || consumed.test(queue.queue())) {
      depth.waitingSince = 0;
      depth.oldestSeconds = depth.consumedSeconds;
      return;
    }
    long now = nanos.getAsLong();
    depth.waitingSince = depth.waitingSince == 0 ? now : depth.waitingSince;
    double waiting = (now - depth.waitingSince) / 1e9;
    depth.oldestSeconds = Math.max(depth.consumedSeconds, waiting);
  }

  private boolean first() {
    return cluster.members().stream()
        .findFirst()
        .map(member -> member.id().equals(cluster.self()))
        .orElse(true);
  }
}
