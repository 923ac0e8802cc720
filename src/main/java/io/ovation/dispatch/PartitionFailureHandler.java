package io.ovation.dispatch;

import io.vertx.core.Handler;
import java.util.function.Consumer;

/**
 * Ends one partition's ownership when it must not go on: a newer epoch exists, or a callback threw
 * and left its work half done. Failing twice has no effect.
 */
public final class PartitionFailureHandler {
  private final Consumer<Throwable> onFailure;

  public PartitionFailureHandler(Consumer<Throwable> onFailure) {
    this.onFailure = onFailure;
  }

  public void fail(Throwable cause) {
    onFailure.accept(cause);
  }

  /** Runs the task; if it throws, the partition fails and the caller goes on. */
  @SuppressWarnings("CatchThrowable") // after an Error, too, nothing of the partition is certain
  public void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      fail(e);
    }
  }

  /** A handler for a timer or a future, run like {@link #run}. */
  public <T> Handler<T> wrap(Handler<T> handler) {
    return value -> run(() -> handler.handle(value));
  }
}
