package io.ovation.queue.typed.consumer;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/**
 * Asks the broker again and again, with growing pauses, for what it must take before an item may
 * go: a retry's publish, a dead letter. Ends when it is done, or when the item is no longer this
 * consumer's: then it is still unacked and comes again. On the consumer's context.
 */
final class ConfirmedRetry {
  // The broker is away or full; a second is soon enough, half a minute keeps the log readable.
  private static final long FIRST_PAUSE_MS = 1_000;
  private static final long LONGEST_PAUSE_MS = 30_000;

  private final Context context;
  private final Runnable refused;
  private int underWay;

  /**
   * @param refused called each time the broker did not take one
   */
  ConfirmedRetry(Context context, Runnable refused) {
    this.context = context;
    this.refused = refused;
  }

  /** How many items are on their way to the broker. */
  int underWay() {
    return underWay;
  }

  /** Completes, on the consumer's context, when {@code step} succeeded; fails when it was left. */
  Future<Void> insist(PartitionSubscription source, Supplier<Future<Void>> step) {
    underWay++;
    Promise<Void> outcome = Promise.promise();
    attempt(source, step, source.resets(), FIRST_PAUSE_MS, outcome);
    return outcome.future();
  }

  private void attempt(
      PartitionSubscription source,
      Supplier<Future<Void>> step,
      int resets,
      long pause,
      Promise<Void> outcome) {
    step.get()
        .onComplete(
            done ->
                context.runOnContext(
                    v -> {
                      if (done.succeeded()) {
                        underWay--;
                        outcome.complete();
                      } else {
                        refused.run();
                        again(source, step, resets, pause, outcome, done.cause());
                      }
                    }));
  }

  private void again(
      PartitionSubscription source,
      Supplier<Future<Void>> step,
      int resets,
      long pause,
      Promise<Void> outcome,
      Throwable cause) {
    if (source.resets() != resets || source.closed()) {
      underWay--;
      outcome.fail(cause);
      return;
    }
    long next = Math.min(2 * pause, LONGEST_PAUSE_MS);
    context
        .owner()
        .setTimer(
            pause,
            t -> {
              if (source.resets() != resets || source.closed()) {
                underWay--;
                outcome.fail(cause);
              } else {
                attempt(source, step, resets, next, outcome);
              }
            });
  }
}
