package io.ovation.disk;

import io.vertx.core.Promise;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One mutation on its way: queued, run, then waiting for its group's sync. Disk thread only. */
final class PendingWrite<T> {
  final Promise<T> promise;
  private final Supplier<T> mutation;
  private @Nullable T result;
  private @Nullable Throwable failure;

  PendingWrite(Promise<T> promise, Supplier<T> mutation) {
    this.promise = promise;
    this.mutation = mutation;
  }

  /** Runs the mutation; what it changed is put back if it throws. */
  void run(UndoLog undo) {
    undo.begin();
    try {
      result = mutation.get();
      undo.keep();
    } catch (Throwable e) { // An Error too must reach the caller, who else would wait for ever.
      undo.putBack();
      failure = e;
    }
  }

  /** Null only if the mutation returned null, which then is a value of T. */
  @SuppressWarnings("NullAway")
  T result() {
    return result;
  }

  @Nullable Throwable failure() {
    return failure;
  }
}
