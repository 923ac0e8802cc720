package io.ovation.async;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Helpers for futures. */
public final class Futures {
  private Futures() {}

  /** Calls {@code task}; an exception it throws becomes a failed future. */
  public static <T extends @Nullable Object> Future<T> attempt(Supplier<Future<T>> task) {
    try {
      return task.get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
