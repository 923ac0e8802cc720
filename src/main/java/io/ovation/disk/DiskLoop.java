package io.ovation.disk;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.CompletionBatch;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disk thread: runs queued mutations as a group, syncs once, completes their promises. */
final class DiskLoop extends Thread {
  private static final Logger log = LoggerFactory.getLogger(DiskLoop.class);
  private static final String CLOSED = "The local file is closed: the server is stopping.";
  private static final String FULL =
      "The volume of the local file is full: less than 64 MiB are free. Writes are refused until"
          + " 96 MiB are free.";

  /** Writes in a group; bounds how long the first waits for the last. */
  private static final int GROUP_WRITES = 4096;

  /** Bytes of changes at which a group ends early. */
  private static final int GROUP_BYTES = 16 << 20;

  /**
   * MVStore closes itself for good when a write fails, so writes are refused before that. Four
   * groups leave space for a group's pages and compaction.
   */
  private static final long LOW_SPACE = 4L * GROUP_BYTES;

  /** More than {@link #LOW_SPACE}, so that the state does not flap at the limit. */
  private static final long ENOUGH_SPACE = 6L * GROUP_BYTES;

  /** How long a group that has followers waits for the first, or for the next, of them. */
  private static final long FOLLOWER_MICROS = 200;

  /** How long a group waits for followers in all; a sync takes longer. */
  private static final long FOLLOWERS_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Idle time before compaction. */
  private static final long IDLE_MS = 100;

  /** Idle time before a checkpoint. */
  private static final long CHECKPOINT_IDLE_MS = 500;

  /** Between checks of a full volume. */
  private static final long SPACE_CHECK_MS = 1000;

  /** Held while committing, so that no map is opened at that time. */
  final ReentrantLock lock = new ReentrantLock();

  private final UndoLog undo;
  private final MVStore store;
  private final Checkpointer checkpoints;
  private final RedoLog redo;
  private final LongSupplier usable;
  private final Runnable beforeCommit;
  private final Consumer<Throwable> onBroken;
  private final InFlightLimiter inFlight;
  private final BlockingQueue<PendingWrite<?>> queue = new LinkedBlockingQueue<>();

  /** The marker in the queue at which the loop closes the store and ends. */
  private final PendingWrite<?> stop = new PendingWrite<>(Promise.promise(), () -> true);

  private final Compactor compactor;
  private final CompletionBatch completions = new CompletionBatch();
  private final GroupCommitPacer pacer = new GroupCommitPacer(System::nanoTime);
  private final List<PendingWrite<?>> group = new ArrayList<>();
  private final Counter writes;
  private final Counter groups;
  private final Counter refused;
  private final Timer sync;
  private final Timer checkpoint;
  private boolean followers;
  private boolean stopped;
  private boolean gaveUp;
  private volatile boolean closing;
  private volatile boolean full;

  /** Why the file can't be written any more; null while it can. */
  private volatile @Nullable String broken;

  /** A mutation that is queued, or run and not yet synced. */
  private static final class PendingWrite<T> {
    private final Promise<T> promise;
    private final Supplier<T> mutation;
    private @Nullable T result;
    private @Nullable Throwable failure;

    PendingWrite(Promise<T> promise, Supplier<T> mutation) {
      this.promise = promise;
      this.mutation = mutation;
    }

    /** An Error too must reach the caller, which would otherwise wait for ever. */
    void run(UndoLog undo) {
      undo.begin();
      try {
        result = mutation.get();
        undo.discard();
      } catch (Throwable e) {
        undo.rollBack();
        failure = e;
      }
    }

    @SuppressWarnings("NullAway") // A null result came from the mutation: null then is a T.
    void complete(CompletionBatch completions) {
      if (failure != null) {
        completions.fail(promise, failure);
      } else {
        completions.succeed(promise, result);
      }
    }
  }

  DiskLoop(
      MVStore store,
      Checkpointer checkpoints,
      LongSupplier usable,
      Runnable beforeCommit,
      Consumer<Throwable> onBroken,
      int inFlight,
      Metrics metrics) {
    super("ovation-disk");
    this.store = store;
    this.checkpoints = checkpoints;
    this.redo = checkpoints.redo();
    this.undo = new UndoLog(this, checkpoints);
    this.usable = usable;
    this.beforeCommit = beforeCommit;
    this.onBroken = onBroken;
    this.inFlight = new InFlightLimiter(inFlight);
    this.compactor = new Compactor(store);
    writes = metrics.counter("ovation.disk.writes", "Mutations that became durable or threw");
    groups = metrics.counter("ovation.disk.groups", "Groups of mutations, each with one sync");
    refused = metrics.counter("ovation.disk.refused", "Mutations refused: queue or disk full");
    sync = metrics.timer("ovation.disk.sync", "Write and sync of one group");
    checkpoint = metrics.timer("ovation.disk.checkpoint", "Commits of the file; no group runs");
    metrics.gauge(
        "ovation.disk.waiting", "Mutations not yet durable", this.inFlight, InFlightLimiter::used);
    metrics.gauge("ovation.disk.bytes", "Size of the file", store, s -> s.getFileStore().size());
    full = usable.getAsLong() < LOW_SPACE;
    setDaemon(true);
  }

  /** Opens a map. Any thread. */
  <K, V> MVMap<K, V> open(String name, MVMap.Builder<K, V> type) {
    lock.lock();
    try {
      return undo.open(store, name, type);
    } finally {
      lock.unlock();
    }
  }

  /** Queues a mutation. Any thread. Returns why it is refused; null if it is not. */
  <T> @Nullable String submit(Promise<T> promise, Supplier<T> mutation) {
    String refusal = refusal();
    if (refusal == null && !inFlight.take()) {
      refusal =
          "The local disk is slower than the incoming load: " + inFlight.limit() + " writes wait.";
    }
    if (refusal == null) {
      PendingWrite<T> write = new PendingWrite<>(promise, mutation);
      queue.add(write);
      if (isAlive() || !queue.remove(write)) {
        return null;
      }
      inFlight.giveBack();
      refusal = CLOSED;
    }
    refused.increment();
    return refusal;
  }

  /** Why no mutation is taken now; null if they are. Any thread. */
  @Nullable String refusal() {
    String why = broken;
    return closing || !isAlive() ? CLOSED : why != null ? why : full ? FULL : null;
  }

  void stopAfterQueued() {
    if (!closing) {
      closing = true;
      queue.add(stop);
    }
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
        giveUp();
      }
      if (broken == null && guarded(this::checkpoint)) {
        store.close();
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      fail(e);
    } finally {
      refuseQueued(); // First: whoever waits must get an answer, whatever closing the log does.
      giveUp();
      checkpoints.close();
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

  /** Wakes up without a write only for a checkpoint, to compact or to check a full volume. */
  private @Nullable PendingWrite<?> next() throws InterruptedException {
    if (broken != null) {
      return queue.take();
    }
    if (full) {
      return queue.poll(SPACE_CHECK_MS, TimeUnit.MILLISECONDS);
    }
    if (checkpoints.dirty()) {
      return queue.poll(CHECKPOINT_IDLE_MS, TimeUnit.MILLISECONDS);
    }
    return compactor.wanted() ? queue.poll(IDLE_MS, TimeUnit.MILLISECONDS) : queue.take();
  }

  private void idle() {
    if (broken != null || stopped) {
      return;
    }
    if (!full) {
      guarded(checkpoints.dirty() ? this::checkpoint : compactor::idleStep);
    } else if (hasSpace()) {
      log.info("The volume has free space again; writes resume");
    }
  }

  void awaitFollowers() {
    followers |= Thread.currentThread() == this;
  }

  private void runGroup() throws InterruptedException {
    int done = 0;
    if (broken == null && hasSpace()) {
      int from;
      do {
        from = done;
        done = runPart(from);
      } while (done > from && done < group.size());
    }
    refuse(group.subList(done, group.size()));
    group.clear();
  }

  /** Asks the file system, which takes a few microseconds. */
  private boolean hasSpace() {
    boolean before = full;
    full = usable.getAsLong() < (before ? ENOUGH_SPACE : LOW_SPACE);
    if (full && !before) {
      log.error(FULL);
    }
    return !full;
  }

  /** Runs and syncs writes from {@code from} on and completes their promises; returns the end. */
  private int runPart(int from) throws InterruptedException {
    int end = from;
    followers = false;
    long deadline = System.nanoTime() + FOLLOWERS_NANOS;
    do {
      group.get(end++).run(undo);
    } while ((end < group.size() || follows(deadline)) && redo.pending() < GROUP_BYTES);
    if (!guarded(this::sync)) {
      return from;
    }
    complete(group.subList(from, end));
    if (checkpoints.due()) {
      guarded(this::checkpoint);
    }
    return end;
  }

  /** Whether another write has joined the group. */
  private boolean follows(long deadline) throws InterruptedException {
    if (!followers || stopped || group.size() >= GROUP_WRITES || System.nanoTime() > deadline) {
      return false;
    }
    PendingWrite<?> next = queue.poll(FOLLOWER_MICROS, TimeUnit.MICROSECONDS);
    if (next == stop) {
      stopped = true;
    } else if (next != null) {
      group.add(next);
      return true;
    }
    return false;
  }

  private void checkpoint() {
    long start = System.nanoTime();
    checkpoints.run();
    compactor.afterCheckpoint();
    checkpoint.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
  }

  private void sync() {
    if (redo.pending() > 0) { // Else nothing changed.
      long start = System.nanoTime();
      beforeCommit.run();
      redo.sync();
      sync.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
    groups.increment();
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

  /** Reports a failed write once, when all that waited for it have their answer. */
  private void giveUp() {
    String why = broken;
    if (why != null && !gaveUp) {
      gaveUp = true;
      refuseQueued();
      onBroken.accept(new DiskUnavailable(why));
    }
  }

  private void complete(List<PendingWrite<?>> done) {
    done.forEach(write -> write.complete(completions));
    writes.increment(done.size());
    finish(done.size());
  }

  private void finish(int count) {
    inFlight.giveBack(count);
    completions.flush();
  }

  /** After an exception the group, too, has writes without an answer. */
  private void refuseQueued() {
    queue.drainTo(group);
    stopped |= group.remove(stop);
    refuse(group);
    group.clear();
  }

  private void refuse(List<PendingWrite<?>> rest) {
    String why = broken != null ? broken : stopped ? CLOSED : FULL;
    rest.forEach(write -> completions.fail(write.promise, new DiskUnavailable(why)));
    refused.increment(rest.size());
    finish(rest.size());
  }
}
