package io.ovation.queue.typed;

import com.google.protobuf.Message;
import io.vertx.core.Future;

/** Does the work of one method. */
@FunctionalInterface
public interface ItemHandler<T extends Message> {

  /**
   * Called on the consumer's context; must not block. The item is acked when the future succeeds.
   */
  Future<Void> handle(T request, ItemMetadata meta);
}
