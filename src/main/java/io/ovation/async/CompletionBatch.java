package io.ovation.async;

import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the outcomes of promises of many contexts on a plain thread. {@link #flush} completes
 * them with one task per event loop (or worker) context instead of one per promise, so that a group
 * commit does not wake up an event loop for each of its members.
 *
 * <p>Not thread safe: one thread adds and flushes.
 */
public final class CompletionBatch {
  private static final Logger log = LoggerFactory.getLogger(CompletionBatch.class);

  private final Map<Context, List<Runnable>> tasks = new IdentityHashMap<>();

  public <T extends @Nullable Object> void succeed(Promise<T> promise, T result) {
    add(promise, () -> promise.tryComplete(result));
  }

  /** Completes a promise that has no result. */
  public void done(Promise<Void> promise) {
    add(promise, promise::tryComplete);
  }

  public void fail(Promise<?> promise, Throwable cause) {
    add(promise, () -> promise.tryFail(cause));
  }

  private void add(Promise<?> promise, Runnable task) {
    // A request has its own duplicate of its event loop's context: the root is woken up once.
    tasks.computeIfAbsent(Contexts.rootOf(promise), c -> new ArrayList<>()).add(task);
  }

  /** Completes everything, in the order it was added. */
  public void flush() {
    tasks.forEach(CompletionBatch::handOver);
    tasks.clear();
  }

  /** What fails for one context must not keep the outcomes of the others. */
  private static void handOver(Context context, List<Runnable> batch) {
    try {
      context.runOnContext(v -> batch.forEach(CompletionBatch::run));
    } catch (RejectedExecutionException closing) {
      log.debug("dropping {} outcomes: their event loop has ended", batch.size());
    } catch (RuntimeException e) {
      log.error("dropping {} outcomes", batch.size(), e);
    }
  }

  /** One caller's failing handler must not keep the other promises from being completed. */
  @SuppressWarnings("CatchThrowable") // an Error of one caller is not one of the others
  private static void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      log.error("A handler of a completed write failed; the write itself is done", e);
    }
  }
}
