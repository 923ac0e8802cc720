package io.ovation.disk;

import io.vertx.core.Promise;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A mutation that is queued, or run and not yet synced. Disk thread only. */
final class PendingWrite<T> {
  final Promise<T> promise;
  private final Supplier<T> mutation;
  private @Nullable T result;
  private @Nullable Throwable failure;

  PendingWrite(Promise<T> promise, Supplier<T> mutation) {
    this.promise = promise;
    this.mutation = mutation;
  }

  /** Runs the mutation; undoes its changes if it throws. */
  void run(UndoLog undo) {
    undo.begin();
    try {
      result = mutation.get();
      undo.discard();
    } catch (
        Throwable e) { // An Error too must reach the caller, which would otherwise wait for ever.
      undo.rollBack();
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
