package io.ovation.queue.embedded;

import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Subscription;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One consumer in a queue's line. Its state is guarded by the queue's monitor. */
final class EmbeddedSubscription implements Subscription {
  private final EmbeddedQueue queue;
  private final DeliveryBuffer buffer;
  private final int prefetch;
  private final long generation;

  /** The keys of delivered items that are not acked. */
  private final TreeSet<Long> unacked = new TreeSet<>();

  private boolean closed;

  EmbeddedSubscription(EmbeddedQueue queue, DeliveryBuffer buffer, int prefetch, long generation) {
    this.queue = queue;
    this.buffer = buffer;
    this.prefetch = prefetch;
    this.generation = generation;
  }

  int prefetch() {
    return prefetch;
  }

  boolean idle() {
    return unacked.isEmpty();
  }

  /** How many more items may be delivered. */
  int room() {
    return prefetch - unacked.size();
  }

  Delivery delivery(long key, byte[] body, boolean redelivered) {
    unacked.add(key);
    return new Delivery(body, redelivered, key, generation);
  }

  void deliver(List<Delivery> items) {
    if (!items.isEmpty()) {
      buffer.add(items);
    }
  }

  /** Forgets what is not acked. Returns the first such key, or null. */
  @Nullable Long forgetUnacked() {
    Long first = unacked.isEmpty() ? null : unacked.first();
    unacked.clear();
    return first;
  }

  @Override
  public void ack(Delivery delivery) {
    ack(delivery, unacked.subSet(delivery.tag(), true, delivery.tag(), true));
  }

  @Override
  public void ackThrough(Delivery delivery) {
    ack(delivery, unacked.headSet(delivery.tag(), true));
  }

  private void ack(Delivery delivery, Set<Long> range) {
    List<Long> keys;
    synchronized (queue) {
      if (closed || delivery.generation() != generation) {
        return;
      }
      keys = List.copyOf(range);
      range.clear();
    }
    if (!keys.isEmpty()) {
      queue.ack(keys);
    }
  }

  @Override
  public Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
    synchronized (queue) {
      if (closed || delivery.generation() != generation || !unacked.contains(delivery.tag())) {
        String why = "Item " + delivery.tag() + " of " + queue.name() + " is not this consumer's.";
        return Contexts.failed(queue.vertx(), new BrokerUnavailable(why));
      }
    }
    return queue.deadLetter(delivery, failure).onSuccess(moved -> removed(delivery));
  }

  private void removed(Delivery delivery) {
    synchronized (queue) {
      unacked.remove(delivery.tag());
    }
    queue.pump();
  }

  @Override
  public Future<Void> close() {
    boolean first;
    synchronized (queue) {
      first = !closed;
      closed = true;
      buffer.close();
    }
    if (first) {
      queue.leave(this);
    }
    return Contexts.succeeded(queue.vertx());
  }
}
