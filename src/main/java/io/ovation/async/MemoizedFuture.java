package io.ovation.async;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs a task at the first call and returns the same future ever after. Any thread. */
public final class MemoizedFuture implements Supplier<Future<Void>> {
  private final Supplier<? extends Future<?>> task;
  private @Nullable Future<Void> done;

  public MemoizedFuture(Supplier<? extends Future<?>> task) {
    this.task = task;
  }

  @Override
  public synchronized Future<Void> get() {
    if (done == null) {
      done = task.get().mapEmpty();
    }
    return done;
  }
}
