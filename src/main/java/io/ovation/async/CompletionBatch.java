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
 * Outcomes that a plain thread has for promises of many contexts. {@link #flush} hands them over
 * with one task per event loop (or worker) context instead of one per promise: the wake-ups are
 * what a group commit would otherwise pay for each member.
 *
 * <p>Not thread safe: one thread adds and flushes.
 */
public final class CompletionBatch {
  private static final Logger log = LoggerFactory.getLogger(CompletionBatch.class);

  private final Map<Context, List<Runnable>> tasks = new IdentityHashMap<>();

  public <T extends @Nullable Object> void succeed(Promise<T> promise, T result) {
    add(promise, () -> promise.tryComplete(result));
  }

  /** For a promise of nothing but its completion. */
  public void done(Promise<Void> promise) {
    add(promise, promise::tryComplete);
  }

  public void fail(Promise<?> promise, Throwable cause) {
    add(promise, () -> promise.tryFail(cause));
  }

  private void add(Promise<?> promise, Runnable task) {
    // A request's own duplicate of its event loop's context must not cost a wake-up of its own.
    tasks.computeIfAbsent(Contexts.rootOf(promise), c -> new ArrayList<>()).add(task);
  }

  /** Hands everything over, in the order it was added, and forgets it. */
  public void flush() {
    tasks.forEach(CompletionBatch::handOver);
    tasks.clear();
  }

  private static void handOver(Context context, List<Runnable> batch) {
    try {
      context.runOnContext(v -> batch.forEach(CompletionBatch::run));
    } catch (RejectedExecutionException closing) {
      log.debug("{} outcomes came after their event loop ended", batch.size());
    }
  }

  /** One caller's broken handler must not keep the others waiting for ever. */
  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("A handler of a completed write failed; the write itself is done", e);
    }
  }
}
