package io.ovation.queue.rabbit;

import io.vertx.core.Future;
import java.util.function.Supplier;

/** Runs asynchronous tasks one at a time, in order. Used on one context. */
final class SerialTasks {
  private Future<?> last = Future.succeededFuture();

  /** Runs {@code task} when all earlier ones have ended, whatever their outcome. */
  <T> Future<T> run(Supplier<Future<T>> task) {
    Future<T> mine = last.transform(earlier -> task.get());
    last = mine;
    return mine;
  }
}
