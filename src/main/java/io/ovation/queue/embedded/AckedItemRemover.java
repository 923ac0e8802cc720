package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.QueueMetrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.h2.mvstore.MVMap;

/**
 * Removes acked items from one queue's log. Nobody waits for it, for a lost ack only means a
 * redelivery: so acks go along with the queue's next item, whose page they change too, or alone
 * after a while. Any thread.
 */
final class AckedItemRemover {
  /** Unwritten acks at which the queue stops handing out more. */
  private static final int BOUND = 10_000;

  /** Unwritten acks that wait for nothing more. */
  private static final int ENOUGH = 256;

  /** How long acks wait for an item to go along with; also the pause after a refused write. */
  private static final long ALONE_MS = 200;

  private final MVMap<Long, byte[]> log;
  private final Disk disk;

  /** Of no verticle: timers set in a verticle's context end with it, and acks stay. */
  private final Context context;

  private final QueueMetrics metrics;
  private final Runnable rung;
  private Set<Long> waiting = new LinkedHashSet<>();
  private int underWay;
  private boolean timer;

  /**
   * @param rung called after each while
   */
  AckedItemRemover(
      MVMap<Long, byte[]> log, Disk disk, Vertx vertx, QueueMetrics metrics, Runnable rung) {
    this.log = log;
    this.disk = disk;
    this.context = Contexts.newEventLoop(vertx);
    this.metrics = metrics;
    this.rung = rung;
  }

  synchronized void add(Collection<Long> keys) {
    waiting.addAll(keys);
    metrics.acked.increment(keys.size());
    if (waiting.size() >= ENOUGH) {
      send();
    } else {
      later();
    }
  }

  synchronized boolean waiting(long key) {
    return waiting.contains(key);
  }

  synchronized boolean behind() {
    return waiting.size() > BOUND;
  }

  /** Acked items that are still in the log. */
  synchronized int unwritten() {
    return waiting.size() + underWay;
  }

  /** Hands over what waits; reads handed to the disk after this don't see it any more. */
  synchronized void send() {
    if (waiting.isEmpty()) {
      return;
    }
    Set<Long> batch = waiting;
    waiting = new LinkedHashSet<>();
    underWay += batch.size();
    disk.write(
            () -> {
              batch.forEach(log::remove);
              return batch.size();
            })
        .onComplete(done -> sent(batch, done.succeeded()));
  }

  private synchronized void sent(Set<Long> batch, boolean written) {
    underWay -= batch.size();
    if (!written) {
      waiting.addAll(batch);
      later();
    }
  }

  /** Writes what waits after a while, and looks whether there is more to hand out. */
  synchronized void later() {
    if (!timer) {
      timer = true;
      Contexts.setTimer(context, ALONE_MS, t -> ring());
    }
  }

  private void ring() {
    synchronized (this) {
      timer = false;
      send();
    }
    rung.run();
  }
}
