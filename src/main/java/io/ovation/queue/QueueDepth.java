package io.ovation.queue;

import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The figure to scale consumers on: how many items wait in the partitions that this node consumes,
 * as last asked. Added up over the nodes it is what waits in the whole queue. Used on one context.
 */
public final class QueueDepth {
  /** Between two looks, a round trip per partition and lane. */
  private static final long EVERY_MS = 5_000;

  private final Broker broker;
  private final String queue;
  private final Set<Lane> lanes;
  private final Supplier<? extends Collection<Integer>> partitions;
  // Read by the scraper's thread.
  private volatile long items;
  private boolean asking;

  /**
   * @param partitions those that this node consumes at the moment
   */
  public QueueDepth(
      Broker broker,
      String queue,
      Set<Lane> lanes,
      Supplier<? extends Collection<Integer>> partitions,
      Metrics metrics) {
    this.broker = broker;
    this.queue = queue;
    this.lanes = lanes;
    this.partitions = partitions;
    metrics.gauge(
        "ovation.queue.depth",
        "Items that wait in the partitions that this node consumes; add it up over the nodes",
        this,
        depth -> depth.items,
        "queue",
        queue);
  }

  /** Asks from now on; to be called on the context of a verticle, which ends it. */
  public void watch(Vertx vertx) {
    vertx.setPeriodic(EVERY_MS, timer -> ask());
  }

  /** One after the other; does nothing while it does so already. */
  private void ask() {
    if (!asking) {
      asking = true;
      List<QueueName> names =
          partitions.get().stream()
              .flatMap(p -> lanes.stream().map(lane -> new QueueName(queue, lane, p)))
              .toList();
      ask(names.iterator(), 0).onComplete(done -> asking = false);
    }
  }

  private Future<Void> ask(Iterator<QueueName> names, long sum) {
    if (!names.hasNext()) {
      items = sum;
      return Future.succeededFuture();
    }
    return broker.depth(names.next()).compose(more -> ask(names, sum + more));
  }
}
