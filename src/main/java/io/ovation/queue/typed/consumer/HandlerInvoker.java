package io.ovation.queue.typed.consumer;

import io.ovation.queue.typed.Item;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;

/**
 * Makes one attempt: calls the handler behind the interceptors and bounds its time. On the
 * consumer's context.
 */
final class HandlerInvoker {
  private final Context context;
  private final ServiceRegistry services;
  private final List<ConsumerInterceptor> interceptors;

  HandlerInvoker(
      Context context, ServiceRegistry services, List<ConsumerInterceptor> interceptors) {
    this.context = context;
    this.services = services;
    this.interceptors = List.copyOf(interceptors);
  }

  /**
   * Completes on the consumer's context. After the item's timeout it has failed, though the handler
   * may still run: nothing can stop it.
   */
  Future<Void> invoke(Item<?> item) {
    Future<Void> answer = handle(item, 0);
    if (answer.isComplete()) {
      // At tens of thousands a second, a timer and a hop for each are half the work. Not the answer
      // itself: it may belong to another context.
      return answer.succeeded() ? Future.succeededFuture() : Future.failedFuture(answer.cause());
    }
    Promise<Void> outcome = Contexts.promise(context);
    long ms = item.policy().timeout().toMillis();
    long timer =
        context
            .owner()
            .setTimer(
                ms, t -> outcome.tryFail(item.method() + " did not complete in " + ms + " ms"));
    answer.onComplete(
        done -> {
          context.owner().cancelTimer(timer);
          if (done.succeeded()) {
            outcome.tryComplete();
          } else {
            outcome.tryFail(done.cause());
          }
        });
    return outcome.future();
  }

  /** Returns a future whatever user code does: no handler can stop the consumer. */
  @SuppressWarnings("CatchThrowable") // an AssertionError or a LinkageError fails one item, no more
  private Future<Void> handle(Item<?> item, int interceptor) {
    try {
      Future<Void> answer =
          interceptor == interceptors.size()
              ? services.handle(item)
              : interceptors
                  .get(interceptor)
                  .handle(item, onward -> handle(onward, interceptor + 1));
      return answer == null
          ? Future.failedFuture("the handler of " + item.method() + " returned null, not a future")
          : answer;
    } catch (Throwable e) {
      return Future.failedFuture(e);
    }
  }
}
