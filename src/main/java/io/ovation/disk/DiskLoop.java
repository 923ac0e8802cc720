package io.ovation.disk;

import io.ovation.async.CompletionBatch;
import io.ovation.async.InFlightLimiter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The disk thread: takes all queued mutations as one group, runs them, syncs once, completes their
 * promises.
 */
final class DiskLoop implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(DiskLoop.class);

  /** Writes in a group; bounds how long the first waits for the last. */
  private static final int GROUP_WRITES = 4096;

  /** MVStore's estimate of changed pages in memory at which a group ends early: 16 MiB. */
  private static final int GROUP_BYTES = 16 << 20;

  /** Idle time before compaction. */
  private static final long IDLE_MS = 100;

  /** Between checks of a full volume. */
  private static final long SPACE_CHECK_MS = 1000;

  private final MVStore store;
  private final ReentrantLock lock;
  private final BlockingQueue<PendingWrite<?>> queue;
  private final PendingWrite<?> stop;
  private final UndoLog undo;
  private final FreeSpaceGuard space;
  private final Compactor compactor;
  private final DiskMetrics metrics;
  private final InFlightLimiter inFlight;
  private final CompletionBatch completions = new CompletionBatch();
  private final GroupCommitPacer pacer = new GroupCommitPacer(System::nanoTime);
  private final List<PendingWrite<?>> group = new ArrayList<>();
  private boolean stopped;

  /** Why the file can't be written any more; null while it can. */
  private volatile @Nullable String broken;

  /**
   * @param lock held while committing, so that no map is opened at that time
   * @param stop the marker in the queue at which the loop closes the store and ends
   */
  DiskLoop(
      MVStore store,
      ReentrantLock lock,
      BlockingQueue<PendingWrite<?>> queue,
      PendingWrite<?> stop,
      UndoLog undo,
      FreeSpaceGuard space,
      DiskMetrics metrics,
      InFlightLimiter inFlight) {
    this.store = store;
    this.lock = lock;
    this.queue = queue;
    this.stop = stop;
    this.undo = undo;
    this.space = space;
    this.metrics = metrics;
    this.inFlight = inFlight;
    this.compactor = new Compactor(store);
  }

  @Nullable String broken() {
    return broken;
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        gather();
        if (group.isEmpty()) {
          idle();
        } else {
          runGroup();
        }
      }
      if (broken == null) {
        store.sync();
        store.close();
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      fail(e);
    } finally {
      refuseQueued();
    }
  }

  private void gather() throws InterruptedException {
    PendingWrite<?> first = next();
    if (first != null) {
      pacer.await(() -> queue.size() >= GroupCommitPacer.ENOUGH);
      group.add(first);
      queue.drainTo(group, GROUP_WRITES - 1);
      stopped = group.remove(stop);
    }
  }

  /** Wakes up without a write only to compact or to check a full volume. */
  private @Nullable PendingWrite<?> next() throws InterruptedException {
    if (broken != null) {
      return queue.take();
    }
    if (space.low()) {
      return queue.poll(SPACE_CHECK_MS, TimeUnit.MILLISECONDS);
    }
    return compactor.wanted() ? queue.poll(IDLE_MS, TimeUnit.MILLISECONDS) : queue.take();
  }

  private void idle() {
    if (broken != null || stopped) {
      return;
    }
    if (!space.low()) {
      guarded(compactor::idleStep);
    } else if (space.check()) {
      log.info("The volume has free space again; writes resume");
    }
  }

  private void runGroup() {
    int done = 0;
    if (broken == null && spaceForGroup()) {
      int from;
      do {
        from = done;
        done = runPart(from);
      } while (done > from && done < group.size());
    }
    refuse(group.subList(done, group.size()));
    group.clear();
  }

  private boolean spaceForGroup() {
    boolean before = space.low();
    boolean now = space.check();
    if (!now && !before) {
      log.error(MvDisk.FULL);
    }
    return now;
  }

  /** Runs and syncs writes from {@code from} on and completes their promises; returns the end. */
  private int runPart(int from) {
    int end = from;
    do {
      group.get(end++).run(undo);
    } while (end < group.size() && store.getUnsavedMemory() < GROUP_BYTES);
    if (!guarded(this::commit)) {
      return from;
    }
    complete(group.subList(from, end));
    guarded(compactor::afterGroup);
    return end;
  }

  private void commit() {
    long start = System.nanoTime();
    if (store.commit() >= 0) { // Negative: nothing changed, so nothing to sync.
      store.sync();
      metrics.sync.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
    metrics.groups.increment();
  }

  private boolean guarded(Runnable work) {
    lock.lock();
    try {
      work.run();
      return true;
    } catch (RuntimeException | Error e) {
      fail(e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void fail(Throwable cause) {
    if (broken == null) {
      broken =
          "The local file can't be written any more ("
              + cause.getMessage()
              + "). Confirmed writes are safe; no more are accepted until the disk is repaired and the"
              + " server restarted.";
      log.error(broken, cause);
      store.closeImmediately();
    }
  }

  private void complete(List<PendingWrite<?>> writes) {
    writes.forEach(this::complete);
    metrics.writes.increment(writes.size());
    inFlight.giveBack(writes.size());
    completions.flush();
  }

  private <T> void complete(PendingWrite<T> write) {
    Throwable failure = write.failure();
    if (failure != null) {
      completions.fail(write.promise, failure);
    } else {
      completions.succeed(write.promise, write.result());
    }
  }

  private void refuseQueued() {
    group.clear();
    queue.drainTo(group);
    group.remove(stop);
    refuse(group);
  }

  private void refuse(List<PendingWrite<?>> writes) {
    String why = broken != null ? broken : stopped ? MvDisk.CLOSED : MvDisk.FULL;
    for (PendingWrite<?> write : writes) {
      completions.fail(write.promise, new DiskUnavailable(why));
    }
    metrics.refused.increment(writes.size());
    inFlight.giveBack(writes.size());
    completions.flush();
  }
}
