package io.ovation.packages.worker;

import io.ovation.packages.state.PackageState;
import io.ovation.packages.state.PackageState.Lease;
import io.ovation.packages.state.PackageStateRepository;
import io.ovation.packages.state.PackageStateRepository.Entry;
import io.ovation.packages.state.PackageStateRepository.Written;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A worker's hold on one package, from claim to outcome: renews its lease every third of it, and
 * lets nothing be written once another worker has taken over. One write at a time. Used on the
 * worker's context, but for {@link #alive}.
 */
final class LeaseRenewer {
  /** An outcome that the store does not take for so long is given up: the package comes again. */
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

  private static final long RETRY_MS = 500;

  private final Vertx vertx;
  private final PackageStateRepository book;
  private final Duration length;
  private final InstantSource clock;
  private final PackageWorkerMetrics meters;
  private final long timer;

  private volatile Entry entry;
  private volatile boolean lost;
  private Future<?> writing = Future.succeededFuture();

  /**
   * @param claimed as it was written
   */
  LeaseRenewer(
      Vertx vertx,
      PackageStateRepository book,
      Entry claimed,
      Duration length,
      InstantSource clock,
      PackageWorkerMetrics meters) {
    this.vertx = vertx;
    this.book = book;
    this.entry = claimed;
    this.length = length;
    this.clock = clock;
    this.meters = meters;
    this.timer = vertx.setPeriodic(Math.max(1, length.toMillis() / 3), t -> renew());
  }

  /** Whether the package is ours, by this node's clock. Any thread. */
  boolean alive() {
    return !lost && clock.millis() < lease().untilMs();
  }

  private Lease lease() {
    return Objects.requireNonNull(entry.state().lease());
  }

  private void renew() {
    if (lost || !writing.isComplete()) {
      return;
    }
    long now = clock.millis();
    Entry before = entry;
    Lease longer = lease().until(now + length.toMillis());
    writing =
        book.write(before.version(), before.state().renewed(longer, now))
            .onSuccess(this::took)
            .onFailure(away -> meters.leaseLate.increment());
  }

  /** What a write found, ours or not. A renewal whose answer was lost is ours all the same. */
  private void took(Written written) {
    if (written.mine() != null) {
      entry = written.mine();
      return;
    }
    Entry there = written.others();
    if (there == null) {
      // Forgotten by the store, or taken from it: to be written anew.
      entry = new Entry(0, entry.state());
    } else if (ours(there)) {
      entry = there;
    } else {
      lost = true;
    }
  }

  private boolean ours(Entry there) {
    Lease theirs = there.state().lease();
    return theirs != null && theirs.token().equals(lease().token());
  }

  /**
   * Writes the outcome, and tries for some minutes while the store is away.
   *
   * @return false when another worker has taken over; then nothing was written
   */
  Future<Boolean> end(PackageState outcome) {
    vertx.cancelTimer(timer);
    long giveUp = System.nanoTime() + PATIENCE_NANOS;
    return writing.transform(done -> attempt(outcome, giveUp));
  }

  private Future<Boolean> attempt(PackageState outcome, long giveUp) {
    if (lost) {
      return Future.succeededFuture(false);
    }
    return book.write(entry.version(), outcome)
        .transform(
            done -> {
              if (done.succeeded()) {
                if (done.result().mine() != null) {
                  return Future.succeededFuture(true);
                }
                took(done.result());
                return attempt(outcome, giveUp);
              }
              boolean again =
                  done.cause() instanceof StoreUnavailable && System.nanoTime() < giveUp;
              return again
                  ? pause().compose(v -> attempt(outcome, giveUp))
                  : Future.failedFuture(done.cause());
            });
  }

  private Future<Void> pause() {
    Promise<Void> over = Promise.promise();
    vertx.setTimer(RETRY_MS, t -> over.complete());
    return over.future();
  }
}
