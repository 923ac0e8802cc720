package io.ovation.queue.typed;

import io.ovation.queue.Delivery;
import io.vertx.core.Context;

/**
 * Moves an item to the dead letters, and tries again while the broker can't take it. It ends when
 * the move is confirmed or the item is delivered anew. On the consumer's context.
 */
final class Burial {
  // The broker is away or full; a second is soon enough, half a minute keeps the log readable.
  private static final long FIRST_PAUSE_MS = 1_000;
  private static final long LONGEST_PAUSE_MS = 30_000;

  private final Context context;
  private final Runnable refused;

  /**
   * @param refused called each time the broker did not take one
   */
  Burial(Context context, Runnable refused) {
    this.context = context;
    this.refused = refused;
  }

  void bury(Source source, Delivery delivery, String reason) {
    attempt(source, delivery, reason, source.resets(), FIRST_PAUSE_MS);
  }

  private void again(Source source, Delivery delivery, String reason, int resets, long pause) {
    if (source.resets() == resets && !source.closed()) {
      attempt(source, delivery, reason, resets, pause);
    }
  }

  private void attempt(Source source, Delivery delivery, String reason, int resets, long pause) {
    source
        .subscription()
        .deadLetter(delivery, reason)
        .onFailure(
            e ->
                context.runOnContext(
                    v -> {
                      refused.run();
                      long next = Math.min(2 * pause, LONGEST_PAUSE_MS);
                      context
                          .owner()
                          .setTimer(pause, t -> again(source, delivery, reason, resets, next));
                    }));
  }
}
