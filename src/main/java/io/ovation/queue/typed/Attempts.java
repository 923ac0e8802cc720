package io.ovation.queue.typed;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;

/** Runs a handler once, within its time. On the consumer's context. */
final class Attempts {
  private final Context context;
  private final Registration registration;

  Attempts(Context context, Registration registration) {
    this.context = context;
    this.registration = registration;
  }

  /**
   * Completes on the consumer's context. After the timeout it has failed, though the handler may
   * still be at it: nothing can stop it.
   */
  Future<Void> run(Item<?> item, Duration timeout) {
    Promise<Void> outcome = Promise.promise();
    long timer =
        context
            .owner()
            .setTimer(
                timeout.toMillis(),
                t -> outcome.tryFail(new HandlerTimeout(item.method(), timeout)));
    handle(item)
        .onComplete(
            done ->
                context.runOnContext(
                    v -> {
                      context.owner().cancelTimer(timer);
                      if (done.succeeded()) {
                        outcome.tryComplete();
                      } else {
                        outcome.tryFail(done.cause());
                      }
                    }));
    return outcome.future();
  }

  private Future<Void> handle(Item<?> item) {
    try {
      return registration.handle(item);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /** A handler took longer than its method allows. */
  static final class HandlerTimeout extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HandlerTimeout(QueueMethod<?> method, Duration timeout) {
      super(method + " did not complete in " + timeout.toMillis() + " ms", null, false, false);
    }
  }
}
