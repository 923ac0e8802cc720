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
    if (closed) {
      return closedFailure();
    }
    return disk.write(() -> work.apply(now()))
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof DiskUnavailable
                        ? new StoreUnavailable(String.valueOf(failure.getMessage()))
                        : failure));
  }

  /** On the caller's thread: for a few pages, which mostly are in memory. */
  <T> Future<T> lookUp(LongFunction<T> lookUp) {
    if (closed) {
      return closedFailure();
    }
    try {
      return Contexts.succeeded(vertx, lookUp.apply(now()));
    } catch (RuntimeException e) {
      // MVStore throws if the file was closed or can't be read.
      return Contexts.failed(vertx, new StoreUnavailable(String.valueOf(e.getMessage())));
    }
  }

  Future<Void> ping() {
    if (closed) {
      return closedFailure();
    }
    return disk.healthy()
        ? Contexts.succeeded(vertx)
        : Contexts.failed(
            vertx, new StoreUnavailable("The local file can't be written; see the log."));
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

  private <T> Future<T> closedFailure() {
    return Contexts.failed(vertx, new StoreUnavailable("The store is closed."));
  }
}
