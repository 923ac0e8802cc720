package io.ovation.packages;

import io.ovation.async.Futures;
import io.ovation.packages.PackageState.Lease;
import io.ovation.packages.PackageStateRepository.Entry;
import io.ovation.store.StoreRefused;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The outcomes that this worker wrote last. Their items are acked, so nobody would process the
 * packages again if the store came back without its last writes, and they would be pending for
 * ever. Each outcome is kept until the store must have it on disk. What a store loses is the end of
 * what was written: so it is enough to look at the last outcome of each tenth of a second, and at
 * the others only if one of these is missing. Any thread.
 */
final class RecentOutcomes {
  private static final Logger log = LoggerFactory.getLogger(RecentOutcomes.class);

  /**
   * Redis writes its file to disk every second, and may be a second late; a replica that becomes
   * the primary may be further behind.
   */
  static final long CHECK_AFTER_MS = 10_000;

  /** How often {@link #check} is to be called. */
  static final long EVERY_MS = 1_000;

  private static final long SAMPLE_MS = 100;

  /** Beyond it, as while the store is away for long, the oldest are not checked. */
  static final int BOUND = 10_000;

  private final String self;
  private final PackageStateRepository states;
  private final LongSupplier monotonicMs;
  private final PackageWorkerMetrics metrics;
  private final Deque<Outcome> outcomes = new ArrayDeque<>();
  private boolean checking;

  private record Outcome(Entry written, long atMs) {
    long sample() {
      return atMs / SAMPLE_MS;
    }

    String id() {
      return written.state().id();
    }
  }

  /**
   * @param self this node's name in leases
   */
  RecentOutcomes(
      String self,
      PackageStateRepository states,
      LongSupplier monotonicMs,
      PackageWorkerMetrics metrics) {
    this.self = self;
    this.states = states;
    this.monotonicMs = monotonicMs;
    this.metrics = metrics;
  }

  synchronized void add(Entry written) {
    outcomes.add(new Outcome(written, monotonicMs.getAsLong()));
    if (outcomes.size() > BOUND) {
      outcomes.remove();
    }
  }

  /**
   * Writes again what the store has lost. While it does not answer, the outcomes are kept; a record
   * that it refuses, or that cannot be read, must not keep the others from being checked.
   */
  Future<Void> check() {
    long before = monotonicMs.getAsLong() - CHECK_AFTER_MS;
    List<Outcome> due = begin(before);
    return due.isEmpty()
        ? Future.succeededFuture()
        : Futures.attempt(() -> anyLost(samples(due)))
            .compose(lost -> lost ? restore(due) : Future.succeededFuture())
            .onComplete(done -> end(!isAway(done.cause()), before));
  }

  private static boolean isAway(@Nullable Throwable cause) {
    return cause instanceof StoreUnavailable && !(cause instanceof StoreRefused);
  }

  private synchronized List<Outcome> begin(long before) {
    if (checking) {
      return List.of();
    }
    List<Outcome> due = outcomes.stream().takeWhile(it -> it.atMs <= before).toList();
    checking = !due.isEmpty();
    return due;
  }

  private synchronized void end(boolean answered, long before) {
    checking = false;
    if (answered) {
      outcomes.removeIf(it -> it.atMs <= before);
    }
  }

  private static List<Outcome> samples(List<Outcome> due) {
    List<Outcome> samples = new ArrayList<>();
    for (int i = 0; i < due.size(); i++) {
      if (i + 1 == due.size() || due.get(i).sample() != due.get(i + 1).sample()) {
        samples.add(due.get(i));
      }
    }
    return samples;
  }

  private Future<Boolean> anyLost(List<Outcome> samples) {
    boolean[] lost = new boolean[1];
    List<Future<?>> reads = new ArrayList<>();
    for (Outcome sample : samples) {
      reads.add(states.read(sample.id()).onSuccess(found -> lost[0] |= isLost(sample, found)));
    }
    return Future.join(reads).map(v -> lost[0]);
  }

  /** One after the other: the store has just come back. */
  private Future<Void> restore(List<Outcome> due) {
    Future<Void> restored = Future.succeededFuture();
    int[] count = {0};
    for (Outcome outcome : due) {
      restored = restored.compose(v -> restore(outcome, count));
    }
    return restored.onSuccess(
        v ->
            log.warn(
                "the store had lost its last writes: the outcomes of {} packages were written again",
                count[0]));
  }

  private Future<Void> restore(Outcome outcome, int[] count) {
    return states
        .read(outcome.id())
        .compose(
            found -> {
              if (!isLost(outcome, found)) {
                return Future.succeededFuture();
              }
              long version = found.map(Entry::version).orElse(0L);
              return states
                  .write(version, outcome.written.state())
                  .onSuccess(
                      written -> {
                        if (written.mine() != null) {
                          count[0]++;
                          metrics.restored.increment();
                        }
                      })
                  .mapEmpty();
            });
  }

  /** A package that another worker has claimed meanwhile will have its outcome. */
  private boolean isLost(Outcome outcome, Optional<Entry> found) {
    if (found.isEmpty()) {
      return monotonicMs.getAsLong() - outcome.atMs < states.ttl().toMillis();
    }
    Lease lease = found.get().state().lease();
    return found.get().version() < outcome.written.version()
        && (lease == null || lease.worker().equals(self));
  }
}
