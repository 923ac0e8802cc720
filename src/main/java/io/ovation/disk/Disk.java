package io.ovation.disk;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's crash-safe storage, shared by the embedded queue and the embedded store: {@code
 * <dir>/ovation.mv} (H2 MVStore) and the changes since its last commit, {@code <dir>/ovation.redo}.
 * A single thread runs every mutation and syncs once for all mutations that arrived meanwhile
 * (group commit).
 *
 * <p>Maps change only inside {@link #write}. Reading them from other threads is safe for single
 * look-ups. Longer reads belong inside {@link #write} too, since space is reused a few groups after
 * it was freed; a mutation that changes nothing costs no sync.
 */
public final class Disk implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Disk.class);
  private static final long CLOSE_SECONDS = 10;
  private static final long SAVE_CLOCK_MS = 1_000;

  private final Vertx vertx;
  private final DiskLoop loop;
  private final DiskClock clock;
  private final MVMap<String, String> clocks;
  private long clockSavedAt;
  private final Map<String, MVMap<?, ?>> maps = new ConcurrentHashMap<>();

  /**
   * Opens or creates the file. Blocks for as long as recovery takes (about the time of reading the
   * file's index). Throws {@link DiskUnavailable} if the directory can't be written or another
   * process has it, {@code ConfigException} if the directory's path is a file's.
   */
  public Disk(Vertx vertx, Config.Data data, Metrics metrics) {
    this(vertx, data, metrics, failure -> {});
  }

  /**
   * As {@link #Disk(Vertx, Config.Data, Metrics)}.
   *
   * @param onFailure called once, on the disk's thread, when a write has failed and everything that
   *     waited has its answer; the file takes no more writes, and the process should exit
   */
  public Disk(Vertx vertx, Config.Data data, Metrics metrics, Consumer<Throwable> onFailure) {
    this(vertx, data, metrics, Path.of(data.dir()).toFile()::getUsableSpace, onFailure);
  }

  Disk(
      Vertx vertx,
      Config.Data data,
      Metrics metrics,
      LongSupplier usable,
      Consumer<Throwable> onFailure) {
    this.vertx = vertx;
    Path dir = Path.of(data.dir());
    MVStore store = MvFile.open(dir);
    Checkpointer checkpoints = MvFile.recover(store, dir);
    this.loop =
        new DiskLoop(
            store, checkpoints, usable, this::saveClock, onFailure, data.inFlight(), metrics);
    this.clocks = map("disk.clock", new MVMap.Builder<>());
    this.clock = new DiskClock(DiskClock.machine(), clocks.get("now"));
    loop.start();
  }

  /**
   * The time by which everything in the file expires and is delayed, in milliseconds since 1970. It
   * is the wall clock's when the file is created; from then on setting that one has no effect.
   */
  public long now() {
    return clock.now();
  }

  /** With the changes of a group, on the disk's thread. */
  private void saveClock() {
    if (clock.now() - clockSavedAt >= SAVE_CLOCK_MS) {
      clockSavedAt = clock.now();
      clocks.put("now", clock.save());
    }
  }

  /** Opens a named map; returns the same one if it is open. */
  @SuppressWarnings("unchecked") // Callers always open a name with the same types.
  public <K, V> MVMap<K, V> map(String name, MVMap.Builder<K, V> type) {
    return (MVMap<K, V>) maps.computeIfAbsent(name, n -> loop.open(n, type));
  }

  /**
   * Runs {@code mutation} on the disk thread, after all earlier ones. The future completes, on the
   * caller's context, with its result when the file is synced; then the change survives {@code kill
   * -9}. Fails, with nothing changed, if the mutation throws. Fails with {@link DiskUnavailable} at
   * once if too many mutations are pending or the file can't be written.
   */
  public <T> Future<T> write(Supplier<T> mutation) {
    Promise<T> promise = Contexts.promise(vertx);
    String refusal = loop.submit(promise, mutation);
    return refusal == null
        ? promise.future()
        : Contexts.failed(vertx, new DiskUnavailable(refusal));
  }

  /**
   * Says, during a mutation, that others will soon follow from it: they are awaited for a moment,
   * to be synced together. Without effect on other threads.
   */
  public void awaitFollowers() {
    loop.awaitFollowers();
  }

  /** False after a write failed or while the volume is full. */
  public boolean healthy() {
    return loop.refusal() == null;
  }

  /** Runs the queued mutations, syncs and closes the file. Blocks for a bounded time. */
  @Override
  public void close() {
    loop.stopAfterQueued();
    try {
      loop.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (loop.isAlive()) {
      log.warn(
          "The disk did not finish within {} s; unconfirmed writes may be lost", CLOSE_SECONDS);
    }
  }
}
