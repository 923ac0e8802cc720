package io.ovation.queue.typed.consumer;

import io.ovation.queue.Delivery;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.Policy;

/** One delivered item on its way to an ack. Used on the consumer's context only. */
final class InFlightItem {
  /** Where it is. */
  enum Place {
    /** Behind another item of its key. */
    BEHIND,
    /** In its lane, for a free slot. */
    READY,
    /** Between two attempts, or before its time. */
    PAUSED,
    RUNNING,
    /** Being published anew, to come back later. */
    LEAVING,
    /** Acked, on its way to the dead letters, or given back. */
    GONE;

    /** Whether something is under way that ends in an ack. */
    boolean busy() {
      return this == RUNNING || this == LEAVING;
    }
  }

  // A peer may write any number; above this they all mean too many.
  private static final int MOST = 1_000_000;

  final PartitionSubscription source;
  final Delivery delivery;
  final Item<?> item;
  Place place = Place.READY;
  int failures;
  long timer;

  InFlightItem(PartitionSubscription source, Delivery delivery, Item<?> item) {
    this.source = source;
    this.delivery = delivery;
    this.item = item;
    this.failures = Math.max(0, Math.min(item.meta().attempt(), MOST));
  }

  String key() {
    return item.meta().key();
  }

  Policy policy() {
    return item.policy();
  }

  /** The item as the next attempt sees it. */
  Item<?> attempt() {
    return item.onAttempt(failures);
  }
}
