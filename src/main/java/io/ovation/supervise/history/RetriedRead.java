package io.ovation.supervise.history;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** Repeats a read of the store that fails, a few times. */
final class RetriedRead {
  private RetriedRead() {}

  /** Fails as the last attempt did, after {@link Replayer#RETRIES} more. */
  static <T> Future<T> of(Vertx vertx, Supplier<Future<T>> read) {
    return attempt(vertx, read, Replayer.RETRIES);
  }

  private static <T> Future<T> attempt(Vertx vertx, Supplier<Future<T>> read, int left) {
    return read.get()
        .recover(
            e ->
                left == 0
                    ? Future.failedFuture(e)
                    : later(vertx, Replayer.RETRY_MS, () -> attempt(vertx, read, left - 1)));
  }

  /** What the task completes with, begun after this time. */
  static <T> Future<T> later(Vertx vertx, long ms, Supplier<Future<T>> task) {
    Promise<T> done = Promise.promise();
    vertx.setTimer(ms, t -> task.get().onComplete(done));
    return done.future();
  }
}
