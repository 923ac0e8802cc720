package io.ovation.queue.typed.consumer;

import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.vertx.core.Future;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One subscription and what it delivered that is not acked. Used on the consumer's context only.
 */
final class PartitionSubscription implements DeliveryHandler {

  /** Whoever works on the items. */
  interface Sink {
    void take(PartitionSubscription source, Delivery delivery);

    /** These will come again or go to another consumer. */
    void giveUp(List<InFlightItem> work);
  }

  private final QueueName name;
  private final Sink worker;
  private final Subscription subscription;
  private final Set<InFlightItem> unacked = new LinkedHashSet<>();
  private boolean closed;
  private boolean released;
  private int resets;

  PartitionSubscription(Broker broker, QueueName name, int prefetch, Sink worker) {
    this.name = name;
    this.worker = worker;
    this.subscription = broker.consume(name, prefetch, this);
  }

  QueueName name() {
    return name;
  }

  Lane lane() {
    return name.lane();
  }

  Subscription subscription() {
    return subscription;
  }

  void add(InFlightItem work) {
    unacked.add(work);
  }

  void remove(InFlightItem work) {
    unacked.remove(work);
  }

  boolean holds(InFlightItem work) {
    return unacked.contains(work);
  }

  boolean closed() {
    return closed;
  }

  /** Whether acks have no effect any more. */
  boolean released() {
    return released;
  }

  /** Changes when all that was delivered before will be delivered again. */
  int resets() {
    return resets;
  }

  @Override
  public void deliver(List<Delivery> items) {
    for (Delivery delivery : items) {
      if (closed) {
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
    worker.giveUp(lost);
  }

  /**
   * Takes nothing more, and gives up what has not begun. What runs or leaves may still be acked.
   */
  void shut() {
    closed = true;
    List<InFlightItem> idle = unacked.stream().filter(w -> !w.place.busy()).toList();
    idle.forEach(unacked::remove);
    worker.giveUp(idle);
  }

  /** Lets go of the queue: what is unacked goes to its next consumer. */
  Future<Void> release() {
    released = true;
    return subscription.close();
  }
}
