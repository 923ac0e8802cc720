package io.ovation.queue;

import io.vertx.core.Future;

/** A consumer of one queue. Methods may be called from any thread. */
public interface Subscription {

  /** Acks this delivery only. */
  void ack(Delivery delivery);

  /** Acks this delivery and all before it on this subscription. */
  void ackThrough(Delivery delivery);

  /**
   * Moves a delivery that can never succeed to the queue's dead letters, with the reason and the
   * time: a confirmed publish, then the ack. Other items are delivered meanwhile.
   */
  default Future<Void> deadLetter(Delivery delivery, String reason) {
    return deadLetter(delivery, FailureDetails.of(reason));
  }

  /** The same, with everything that is known about the failure. */
  Future<Void> deadLetter(Delivery delivery, FailureDetails failure);

  /**
   * Ends the subscription at once; unacked items go, in order, to the queue's next consumer.
   * Completes when the broker has released the queue. Idempotent.
   */
  Future<Void> close();
}
