package io.ovation.queue;

import java.util.List;

/** Receives the items of a {@link Subscription}. Both methods are called on one context. */
public interface DeliveryHandler {

  /** The next items, in the queue's order; never empty. Must not block. */
  void deliver(List<Delivery> items);

  /**
   * Called after a lost connection, before the first redelivery: everything unacked will be
   * delivered again, and acks for earlier deliveries have no effect any more.
   */
  default void reset() {}
}
