package io.ovation.queue.typed.consumer;

import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.vertx.core.Future;

/**
 * Stands around every attempt of a consumer, the first given outermost, within the attempt's
 * timeout. May change the headers that the handler sees, see the outcome, or fail the attempt,
 * which is then tried again like any other. Called on the consumer's context; must not block.
 */
@FunctionalInterface
public interface ConsumerInterceptor {

  /**
   * @return the outcome of the attempt: {@code next.handle(item)}, or with another header. To give
   *     the item up at once, fail with {@link PoisonItem}.
   */
  Future<Void> handle(Item<?> item, Next next);

  /** The rest of the way to the handler. */
  @FunctionalInterface
  interface Next {
    Future<Void> handle(Item<?> item);
  }
}
