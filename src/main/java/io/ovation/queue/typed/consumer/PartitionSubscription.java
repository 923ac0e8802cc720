package io.ovation.queue.typed.consumer;

import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.vertx.core.Future;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** One subscription and its unacked items. Used on the consumer's context only. */
final class PartitionSubscription implements DeliveryHandler {
  final QueueName name;
  final Subscription subscription;

  /** Items that were delivered and may still be acked. */
  final Set<InFlightItem> unacked = new LinkedHashSet<>();

  /** Whether nothing more is taken. */
  boolean draining;

  /** Whether the queue has its unacked items back. */
  boolean released;

  /** How often everything unacked was due to be delivered again. */
  int resets;

  private final ItemWorker worker;

  PartitionSubscription(Broker broker, QueueName name, int prefetch, ItemWorker worker) {
    this.name = name;
    this.worker = worker;
    this.subscription = broker.consume(name, prefetch, this);
  }

  @Override
  public void deliver(List<Delivery> items) {
    for (Delivery delivery : items) {
      if (draining) {
        return;
      }
      worker.take(this, delivery);
    }
  }

  @Override
  public void reset() {
    resets++;
    List<InFlightItem> lost = List.copyOf(unacked);
    unacked.clear();
    worker.abandon(lost);
  }

  /** Takes nothing more and abandons what has not begun. What is busy may still be acked. */
  void drain() {
    draining = true;
    List<InFlightItem> idle = unacked.stream().filter(item -> !item.state.busy()).toList();
    idle.forEach(unacked::remove);
    worker.abandon(idle);
  }

  /** Ends the subscription: unacked items go to the queue's next consumer. */
  Future<Void> release() {
    released = true;
    return subscription.close();
  }
}
