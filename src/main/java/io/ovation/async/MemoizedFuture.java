package io.ovation.async;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Something that is done once, however often it is asked for. Any thread. */
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
