package io.ovation.queue;

import java.util.List;

/** Receives what a {@link Subscription} consumes. Both methods are called on one context. */
public interface DeliveryHandler {

  /** The next items, in the queue's order; never empty. Must not block. */
  void deliver(List<Delivery> items);

  /**
   * Everything unacked so far will be delivered again (the connection was lost). Acks for it have
   * no effect from now on. Called before the first redelivery.
   */
  default void reset() {}
}
