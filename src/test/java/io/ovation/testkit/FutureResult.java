package io.ovation.testkit;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits for a future on a test thread that may block; for 30 s unless another bound is given. */
public final class FutureResult {
  private static final Duration BOUND = Duration.ofSeconds(30);

  private FutureResult() {}

  /** Its result; an AssertionError if it failed or took longer. */
  public static <T> T of(Future<T> future) {
    return of(future, BOUND);
  }

  public static <T> T of(Future<T> future, Duration bound) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(bound.toMillis(), TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      throw new AssertionError("no result within " + bound + ": " + e, e);
    }
  }

  /** Why it failed; an AssertionError if it succeeded or took longer. */
  public static Throwable failure(Future<?> future) {
    return of(
        future.transform(
            outcome ->
                outcome.failed()
                    ? Future.succeededFuture(outcome.cause())
                    : Future.failedFuture("succeeded with " + outcome.result())));
  }
}
