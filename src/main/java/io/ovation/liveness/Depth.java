package io.ovation.liveness;

import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.Iterator;

/** How many items wait in this node's share of the queue, as last asked. One context. */
final class Depth {
  private final Broker broker;
  private final String queue;
  // Read by the scraper's thread.
  private volatile long items;
  private boolean asking;

  Depth(Broker broker, String queue) {
    this.broker = broker;
    this.queue = queue;
  }

  long items() {
    return items;
  }

  /** Asks the broker, one partition after the other; does nothing while it does so already. */
  void ask(Collection<Integer> partitions) {
    if (!asking) {
      asking = true;
      ask(partitions.iterator(), 0).onComplete(done -> asking = false);
    }
  }

  private Future<Void> ask(Iterator<Integer> partitions, long sum) {
    if (!partitions.hasNext()) {
      items = sum;
      return Future.succeededFuture();
    }
    return broker
        .depth(new QueueName(queue, Lane.NORMAL, partitions.next()))
        .compose(more -> ask(partitions, sum + more));
  }
}
