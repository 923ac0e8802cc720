package io.ovation.store.embedded;

import io.ovation.disk.Disk;
import io.ovation.disk.DiskUnavailable;
import io.ovation.store.StoreUnavailable;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the embedded store's operations. Expired values are removed in steps: by each write, and
 * once a second. Operations receive the current time in milliseconds since 1970. Any thread;
 * futures complete on the caller's context.
 */
final class DiskOperations {
  private static final long PURGE_MS = 1_000;

  /** Expired values removed by one write, beside twice what it adds. */
  private static final int PURGE_BY_WRITE = 16;

  /** Expired values removed by one step of the timer. */
  private static final int PURGE_BY_TIMER = 1_000;

  private final Vertx vertx;
  private final Disk disk;
  private final LongSupplier clock;
  private final ExpiryIndex expiry;
  private final long timer;
  private final AtomicBoolean purging = new AtomicBoolean();
  private volatile boolean closed;

  DiskOperations(Vertx vertx, Disk disk, LongSupplier clock, ExpiryIndex expiry) {
    this.vertx = vertx;
    this.disk = disk;
    this.clock = clock;
    this.expiry = expiry;
    this.timer = vertx.setPeriodic(PURGE_MS, t -> purge());
  }

  long now() {
    return clock.getAsLong();
  }

  /**
   * A durable change.
   *
   * @param additions values that it adds; each will have to be removed at some time
   */
  <T> Future<T> write(int additions, LongFunction<T> mutation) {
    return onDisk(
        now -> {
          T result = mutation.apply(now);
          expiry.purge(now, 2 * additions + PURGE_BY_WRITE);
          return result;
        });
  }

  /** On the disk's thread: sees whole writes only, and blocks no event loop. */
  <T> Future<T> onDisk(LongFunction<T> work) {
    return closed
        ? unavailable("The store is closed.")
        : disk.write(() -> work.apply(now()))
            .recover(
                failure ->
                    failure instanceof DiskUnavailable
                        ? unavailable(failure.getMessage())
                        : Future.failedFuture(failure));
  }

  /** On the caller's thread: for a few pages, which mostly are in memory. */
  <T> Future<T> lookUp(LongFunction<T> lookUp) {
    try {
      return closed
          ? unavailable("The store is closed.")
          : Contexts.succeeded(vertx, lookUp.apply(now()));
    } catch (RuntimeException e) {
      // MVStore throws if the file was closed or can't be read.
      return unavailable(e.getMessage());
    }
  }

  private <T> Future<T> unavailable(@Nullable String why) {
    return Contexts.failed(vertx, new StoreUnavailable(String.valueOf(why)));
  }

  Future<Void> ping() {
    return !closed && disk.healthy()
        ? Contexts.succeeded(vertx)
        : unavailable("The local file can't be written; see the log.");
  }

  Future<Void> close() {
    closed = true;
    vertx.cancelTimer(timer);
    return Contexts.succeeded(vertx);
  }

  private void purge() {
    if (!disk.healthy() || !expiry.due(now()) || !purging.compareAndSet(false, true)) {
      return;
    }
    onDisk(
            now -> {
              expiry.purge(now, PURGE_BY_TIMER);
              return true;
            })
        .onComplete(
            done -> {
              purging.set(false);
              if (done.succeeded()) {
                purge(); // Until nothing is due; other writes run between the steps.
              }
            });
  }
}
