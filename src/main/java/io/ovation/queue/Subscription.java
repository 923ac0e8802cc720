package io.ovation.queue;

import io.vertx.core.Future;

/** A consumer of one queue. Methods may be called from any thread. */
public interface Subscription {

  /** Acks this delivery alone. */
  void ack(Delivery delivery);

  /** Acks this delivery and all before it on this subscription. */
  void ackThrough(Delivery delivery);

  /**
   * Moves a delivery that can never succeed to the queue's dead letters, with the reason and the
   * time: a confirmed publish, then the ack. The queue goes on meanwhile.
   */
  default Future<Void> deadLetter(Delivery delivery, String reason) {
    return deadLetter(delivery, FailureDetails.of(reason));
  }

  /** The same, with all that is known of its end. */
  Future<Void> deadLetter(Delivery delivery, FailureDetails failure);

  /**
   * Ends it at once; unacked items go, in order, to the next consumer of the queue. Completes when
   * the broker has let go. Idempotent.
   */
  Future<Void> close();
}
