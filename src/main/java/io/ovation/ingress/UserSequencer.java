package io.ovation.ingress;

import io.ovation.async.Futures;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the comments of a user in the order in which they were sent, although what decides on one
 * may take longer than on the next. Nobody waits for another user's. Its size is bounded by the
 * admission of comments. Any thread.
 */
final class UserSequencer {
  /** User and stream → completes when the newest comment that waits has been let go. */
  private final Map<String, Future<Void>> last = new ConcurrentHashMap<>();

  /**
   * Calls {@code release} with the verdict once all earlier comments of the user on the stream have
   * been let go, on the caller's context.
   */
  <V extends @Nullable Object, T> Future<T> inOrder(
      String stream, String user, Future<V> verdict, Function<V, Future<T>> release) {
    if (verdict.isComplete() && last.isEmpty()) {
      return verdict.compose(release);
    }
    String key = stream + '\0' + user;
    Promise<Void> released = Promise.promise();
    Promise<T> result = Promise.promise();
    Context context = Vertx.currentContext();
    Future<Void> before = last.put(key, released.future());
    Future<V> mine = before == null ? verdict : before.transform(v -> verdict);
    Runnable go =
        () -> {
          Future<T> task = Futures.attempt(() -> mine.compose(release));
          last.remove(key, released.future());
          released.complete();
          task.onComplete(result);
        };
    mine.onComplete(
        v -> {
          if (context == null || context == Vertx.currentContext()) {
            go.run();
          } else {
            context.runOnContext(w -> go.run());
          }
        });
    return result.future();
  }
}
