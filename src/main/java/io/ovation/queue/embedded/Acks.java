package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.QueueMetrics;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.h2.mvstore.MVMap;

/**
 * Removes acked items from one queue's log. One write is under way at a time and takes all acks
 * that gathered; nobody waits for it, for a lost ack only means a redelivery. Any thread.
 */
final class Acks {
  /** Unwritten acks at which the queue stops handing out more. */
  private static final int BOUND = 10_000;

  private static final long RETRY_MS = 500;

  private final MVMap<Long, byte[]> log;
  private final Disk disk;
  private final Vertx vertx;
  private final QueueMetrics metrics;
  private final Runnable retried;
  private Set<Long> waiting = new LinkedHashSet<>();
  private int underWay;
  private boolean timer;

  /**
   * @param retried called after a pause that a refused write made necessary
   */
  Acks(MVMap<Long, byte[]> log, Disk disk, Vertx vertx, QueueMetrics metrics, Runnable retried) {
    this.log = log;
    this.disk = disk;
    this.vertx = vertx;
    this.metrics = metrics;
    this.retried = retried;
  }

  synchronized void add(Collection<Long> keys) {
    waiting.addAll(keys);
    metrics.acked.increment(keys.size());
    if (underWay == 0 && !timer) {
      send();
    }
  }

  synchronized boolean waiting(long key) {
    return waiting.contains(key);
  }

  synchronized boolean behind() {
    return waiting.size() > BOUND;
  }

  /** Hands over what waits; reads handed to the disk after this don't see it any more. */
  synchronized void send() {
    if (waiting.isEmpty()) {
      return;
    }
    Set<Long> batch = waiting;
    waiting = new LinkedHashSet<>();
    underWay++;
    disk.write(
            () -> {
              batch.forEach(log::remove);
              return batch.size();
            })
        .onComplete(done -> sent(batch, done.succeeded()));
  }

  private synchronized void sent(Set<Long> batch, boolean written) {
    underWay--;
    if (!written) {
      waiting.addAll(batch);
      later();
    } else if (underWay == 0) {
      send();
    }
  }

  /** Tries again after a pause. */
  synchronized void later() {
    if (!timer) {
      timer = true;
      vertx.setTimer(RETRY_MS, t -> retry());
    }
  }

  private void retry() {
    synchronized (this) {
      timer = false;
      send();
    }
    retried.run();
  }
}
