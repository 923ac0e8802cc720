package io.ovation.disk;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The disk on H2 MVStore: {@code <dir>/ovation.mv}.
 *
 * <p>Maps change only inside {@link #write}. Reading them from other threads is safe for single
 * look-ups. Longer reads belong inside {@link #write} too, since space is reused a few groups after
 * it was freed; a mutation that changes nothing costs no sync.
 */
public final class MvDisk implements Disk {
  private static final Logger log = LoggerFactory.getLogger(MvDisk.class);
  static final String CLOSED = "The local file is closed: the server is stopping.";
  static final String FULL =
      "The volume of the local file is full: less than 64 MiB are free. Writes are refused until"
          + " 96 MiB are free.";
  private static final long CLOSE_SECONDS = 10;

  private final Vertx vertx;
  private final InFlightLimiter inFlight;
  private final MVStore store;
  private final DiskMetrics metrics;
  private final FreeSpaceGuard space;
  private final UndoLog undo;
  private final DiskLoop loop;
  private final Thread thread;
  private final PendingWrite<?> stop;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, MVMap<?, ?>> maps = new ConcurrentHashMap<>();
  private final BlockingQueue<PendingWrite<?>> queue = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  /**
   * Opens or creates the file. Blocks for as long as recovery takes (about the time of reading the
   * file's index). Throws {@link DiskUnavailable} if the directory can't be written or another
   * process has it.
   */
  public MvDisk(Vertx vertx, Config.Data data, Metrics metrics) {
    this(vertx, data, metrics, Path.of(data.dir()).toFile()::getUsableSpace);
  }

  MvDisk(Vertx vertx, Config.Data data, Metrics metrics, LongSupplier usable) {
    this.vertx = vertx;
    this.inFlight = new InFlightLimiter(data.inFlight());
    this.store = MvFile.open(Path.of(data.dir()));
    this.metrics = new DiskMetrics(metrics, inFlight);
    this.space = new FreeSpaceGuard(usable);
    this.stop = new PendingWrite<>(Contexts.promise(vertx), () -> null);
    this.thread = new Thread(this::loop, "ovation-disk");
    this.undo = new UndoLog(thread);
    this.loop = new DiskLoop(store, lock, queue, stop, undo, space, this.metrics, inFlight);
    metrics.gauge("ovation.disk.bytes", "Size of the file", store, s -> s.getFileStore().size());
    space.check();
    thread.setDaemon(true);
    thread.start();
  }

  private void loop() {
    loop.run();
  }

  @Override
  @SuppressWarnings("unchecked") // Callers always open a name with the same types.
  public <K, V> MVMap<K, V> map(String name, MVMap.Builder<K, V> type) {
    lock.lock();
    try {
      return (MVMap<K, V>)
          maps.computeIfAbsent(name, n -> store.openMap(n, new UndoMap.Builder<>(type, undo)));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public <T> Future<T> write(Supplier<T> mutation) {
    if (closed) {
      return refuse(CLOSED);
    }
    String broken = loop.broken();
    if (broken != null) {
      return refuse(broken);
    }
    if (space.low()) {
      return refuse(FULL);
    }
    if (!inFlight.take()) {
      return refuse(
          "The local disk is slower than the incoming load: " + inFlight.limit() + " writes wait.");
    }
    PendingWrite<T> write = new PendingWrite<>(Contexts.promise(vertx), mutation);
    queue.add(write);
    if (!thread.isAlive() && queue.remove(write)) {
      inFlight.giveBack();
      return refuse(CLOSED);
    }
    return write.promise.future();
  }

  private <T> Future<T> refuse(String why) {
    metrics.refused.increment();
    return Contexts.failed(vertx, new DiskUnavailable(why));
  }

  @Override
  public boolean healthy() {
    return !closed && loop.broken() == null && !space.low() && thread.isAlive();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      queue.add(stop);
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      log.warn(
          "The disk did not finish within {} s; unconfirmed writes may be lost", CLOSE_SECONDS);
    }
  }
}
