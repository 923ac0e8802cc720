package io.ovation.queue.typed.consumer;

import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.vertx.core.Future;

/**
 * Wraps every attempt of a consumer, within the attempt's timeout; the first one given is
 * outermost. It may change the headers that the handler sees, see the outcome, or fail the attempt,
 * which is then retried like any other. Called on the consumer's context; must not block.
 */
@FunctionalInterface
public interface ConsumerInterceptor {

  /**
   * Makes the attempt, by {@code next.handle(item)} or with other headers.
   *
   * @return the outcome of the attempt; {@link PoisonItem} dead-letters the item at once
   */
  Future<Void> handle(Item<?> item, Next next);

  /** The rest of the way to the handler. */
  @FunctionalInterface
  interface Next {
    Future<Void> handle(Item<?> item);
  }
}
