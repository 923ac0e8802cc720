package io.ovation.packages;

import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.packages.PackageStateRepository.Written;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A worker's lease on one package, from claim to outcome. It is renewed every third of its length;
 * once another worker has taken over, nothing more is written. One write at a time. Used on the
 * worker's context, except {@link #alive}.
 */
final class LeaseRenewer {
  /** How long the store may refuse an outcome before the worker drops it: the package returns. */
  private static final long PATIENCE_MS = TimeUnit.MINUTES.toMillis(5);

  static final long RETRY_MS = 500;

  private final Vertx vertx;
  private final PackageStateRepository states;
  private final Duration length;
  private final InstantSource clock;
  private final PackageWorkerMetrics metrics;
  private final long timer;

  private volatile Entry entry;
  private volatile boolean lost;
  private Future<?> writing = Future.succeededFuture();

  /**
   * @param claimed as it was written
   */
  LeaseRenewer(
      Vertx vertx,
      PackageStateRepository states,
      Entry claimed,
      Duration length,
      InstantSource clock,
      PackageWorkerMetrics metrics) {
    this.vertx = vertx;
    this.states = states;
    this.entry = claimed;
    this.length = length;
    this.clock = clock;
    this.metrics = metrics;
    this.timer = vertx.setPeriodic(Math.max(1, length.toMillis() / 3), t -> renew());
  }

  /** Whether the lease is held, by the store's clock. Any thread. */
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
    Lease longer = new Lease(lease().worker(), lease().token(), now + length.toMillis());
    writing =
        states
            .write(entry.version(), entry.state().renewed(longer, now))
            .onComplete(this::accept, unavailable -> metrics.leaseLate.increment());
  }

  /** Takes over what a write found. A renewal whose answer was lost is found as ours. */
  private void accept(Written written) {
    Entry found = written.mine() == null ? written.others() : written.mine();
    if (found == null) {
      // The store has lost or forgotten the record: the next write creates it.
      entry = new Entry(0, entry.state());
    } else if (isOurs(found)) {
      entry = found;
    } else {
      lost = true;
    }
  }

  private boolean isOurs(Entry found) {
    Lease theirs = found.state().lease();
    return theirs != null && theirs.token().equals(lease().token());
  }

  /**
   * Ends the lease and writes the outcome, repeatedly for some minutes while the store is
   * unavailable.
   *
   * @return the outcome as written; null if another worker has taken over
   */
  Future<@Nullable Entry> end(PackageState outcome) {
    vertx.cancelTimer(timer);
    long deadline = clock.millis() + PATIENCE_MS;
    return writing.transform(done -> attempt(outcome, deadline));
  }

  private Future<@Nullable Entry> attempt(PackageState outcome, long deadline) {
    if (lost) {
      return Future.succeededFuture(null);
    }
    return states
        .write(entry.version(), outcome)
        .transform(
            done -> {
              if (done.succeeded() && done.result().mine() != null) {
                return Future.succeededFuture(done.result().mine());
              }
              if (done.succeeded()) {
                accept(done.result());
                return attempt(outcome, deadline);
              }
              return done.cause() instanceof StoreUnavailable && clock.millis() < deadline
                  ? pause().compose(v -> attempt(outcome, deadline))
                  : Future.failedFuture(done.cause());
            });
  }

  private Future<Void> pause() {
    return Future.future(promise -> vertx.setTimer(RETRY_MS, t -> promise.complete()));
  }
}
