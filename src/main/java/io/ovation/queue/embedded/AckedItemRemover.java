package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.QueueMetrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.h2.mvstore.MVMap;

/**
 * Removes acked items from one queue's log. A lost ack only means a redelivery, so nothing waits
 * for the write: acks are written together with the queue's next item, whose page they change too,
 * or after {@link #MAX_WAIT_MS} without one. Any thread.
 */
final class AckedItemRemover {
  /** Unwritten acks at which the queue hands out no more items. */
  private static final int LIMIT = 10_000;

  /** Unwritten acks that are worth a write of their own. */
  private static final int BATCH = 256;

  /** How long acks wait for an item; also the pause after a refused write. */
  private static final long MAX_WAIT_MS = 200;

  private final MVMap<Long, byte[]> log;
  private final Disk disk;
  private final Context context;
  private final QueueMetrics metrics;
  private final Runnable onTimer;
  private Set<Long> waiting = new LinkedHashSet<>();
  private int beingWritten;
  private boolean scheduled;

  /**
   * @param context of no verticle: timers set in a verticle's context end with the verticle
   * @param onTimer called after each timed write
   */
  AckedItemRemover(
      MVMap<Long, byte[]> log, Disk disk, Context context, QueueMetrics metrics, Runnable onTimer) {
    this.log = log;
    this.disk = disk;
    this.context = context;
    this.metrics = metrics;
    this.onTimer = onTimer;
  }

  synchronized void add(Collection<Long> keys) {
    waiting.addAll(keys);
    metrics.acked.increment(keys.size());
    if (waiting.size() >= BATCH) {
      write();
    } else {
      schedule();
    }
  }

  /** Whether the item is acked though a read of the log may still find it. */
  synchronized boolean waiting(long key) {
    return waiting.contains(key);
  }

  /** Whether the disk has fallen so far behind that no more items may be handed out. */
  synchronized boolean full() {
    return waiting.size() > LIMIT;
  }

  /** Acked items that are still in the log. */
  synchronized int unwritten() {
    return waiting.size() + beingWritten;
  }

  /** Writes what waits; reads passed to the disk after this call don't find those items. */
  synchronized void write() {
    if (waiting.isEmpty()) {
      return;
    }
    Set<Long> batch = waiting;
    waiting = new LinkedHashSet<>();
    beingWritten += batch.size();
    disk.write(
            () -> {
              batch.forEach(log::remove);
              return batch.size();
            })
        .onComplete(done -> written(batch, done.succeeded()));
  }

  private synchronized void written(Set<Long> batch, boolean durable) {
    beingWritten -= batch.size();
    if (!durable) {
      waiting.addAll(batch);
      schedule();
    }
  }

  /** Writes what waits, and calls {@code onTimer}, after a while. */
  synchronized void schedule() {
    if (!scheduled) {
      scheduled = true;
      Contexts.setTimer(context, MAX_WAIT_MS, t -> timedWrite());
    }
  }

  private void timedWrite() {
    synchronized (this) {
      scheduled = false;
      write();
    }
    onTimer.run();
  }
}
