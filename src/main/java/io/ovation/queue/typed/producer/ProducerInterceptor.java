package io.ovation.queue.typed.producer;

import io.ovation.queue.typed.Item;
import io.vertx.core.Future;

/**
 * Wraps every enqueue of a producer; the first one given is outermost. It may change the headers,
 * see the outcome, or refuse with a failed future. Called on the caller's thread; must not block.
 */
@FunctionalInterface
public interface ProducerInterceptor {

  /**
   * Enqueues an item, by {@code next.enqueue(item)} or with other headers.
   *
   * @return the item's id, once it is durable
   */
  Future<String> enqueue(Item<?> item, Next next);

  /** The rest of the way to the broker. */
  @FunctionalInterface
  interface Next {
    Future<String> enqueue(Item<?> item);
  }
}
