package io.ovation.queue;

import io.ovation.async.Futures;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Queue depth of the partitions that this node consumes, polled every 5 s. Use it, summed over the
 * nodes, to scale consumers. Used on one context.
 */
public final class QueueDepth {
  /** A poll takes one round trip per partition and lane. */
  private static final long POLL_MS = 5_000;

  private final Broker broker;
  private final String queue;
  private final Set<Lane> lanes;
  private final Supplier<? extends Collection<Integer>> partitions;
  // Read by the scraper's thread.
  private volatile long items;
  private boolean polling;

  /**
   * @param partitions those that this node consumes at present
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
    String help = "Items in the partitions that this node consumes; sum it over the nodes";
    metrics.gauge("ovation.queue.depth", help, this, depth -> depth.items, "queue", queue);
  }

  /** Starts polling. Call it on the context of a verticle, whose end stops it. */
  public void watch(Vertx vertx) {
    vertx.setPeriodic(POLL_MS, timer -> poll());
  }

  /** Asks for one queue after the other, unless an earlier poll still runs. */
  private void poll() {
    if (polling) {
      return;
    }
    polling = true;
    Futures.attempt(this::count)
        .onSuccess(total -> items = total)
        .onComplete(done -> polling = false);
  }

  private Future<Long> count() {
    Future<Long> sum = Future.succeededFuture(0L);
    for (int partition : partitions.get()) {
      for (Lane lane : lanes) {
        QueueName name = new QueueName(queue, lane, partition);
        sum = sum.compose(before -> broker.depth(name).map(more -> before + more));
      }
    }
    return sum;
  }
}
