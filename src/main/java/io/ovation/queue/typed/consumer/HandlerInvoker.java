package io.ovation.queue.typed.consumer;

import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.QueueMethod;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;

/** Runs a handler once, behind the interceptors, within its time. On the consumer's context. */
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
   * Completes on the consumer's context. After the timeout it has failed, though the handler may
   * still be at it: nothing can stop it.
   */
  Future<Void> run(Item<?> item, Duration timeout) {
    Future<Void> answer = handle(item, 0);
    if (answer.isComplete()) {
      // At tens of thousands a second, a timer and a hop for each are half the work. Not the answer
      // itself: it may belong to another context.
      return answer.succeeded() ? Future.succeededFuture() : Future.failedFuture(answer.cause());
    }
    Promise<Void> outcome = Promise.promise();
    long timer =
        context
            .owner()
            .setTimer(
                timeout.toMillis(),
                t -> outcome.tryFail(new HandlerTimeout(item.method(), timeout)));
    answer.onComplete(
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

  /** Whatever user code does, the answer is a future: a consumer outlives every handler. */
  @SuppressWarnings("CatchThrowable") // an AssertionError or a LinkageError fails one item, no more
  private Future<Void> handle(Item<?> item, int interceptor) {
    try {
      Future<Void> answer =
          interceptor == interceptors.size()
              ? services.handle(item)
              : interceptors
                  .get(interceptor)
                  .handle(item, onward -> handle(onward, interceptor + 1));
      return answer == null ? Future.failedFuture(new NullFuture(item.method())) : answer;
    } catch (Throwable e) {
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

  /** A handler's author forgot the future. */
  static final class NullFuture extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NullFuture(QueueMethod<?> method) {
      super("the handler of " + method + " returned null, not a future", null, false, false);
    }
  }
}
