package io.ovation.queue.typed.producer;

import io.vertx.core.Future;

/**
 * Stands around every enqueue of a producer, the first given outermost. May change the headers, see
 * the outcome, or refuse by a failed future. Called on the caller's thread; must not block.
 */
@FunctionalInterface
public interface ProducerInterceptor {

  /**
   * @return the id of the item, once it is durable: {@code next.enqueue(item)}, or with another
   *     header
   */
  Future<String> enqueue(OutgoingItem item, Next next);

  /** The rest of the way to the broker. */
  @FunctionalInterface
  interface Next {
    Future<String> enqueue(OutgoingItem item);
  }
}
