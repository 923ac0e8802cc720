package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.embedded.EmbeddedQueue.Appended;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.MVMap;

/**
 * Items that enter a queue later: an index by due time on disk, and one timer for the next of them.
 * An item moves from the index to the queue's log in one mutation, so a crash neither loses nor
 * doubles it. Any thread.
 */
final class DelayedItems {
  /**
   * Low bits of a key, which tell items due in the same millisecond apart; the rest is the time.
   */
  private static final int SEQUENCE_BITS = 20;

  /** How many items move in one mutation: others wait for the disk too. */
  private static final int BATCH = 500;

  /** After a write that the disk refused. */
  private static final long RETRY_MS = 500;

  /** Timers and the disk's clock may differ by a little: it is read again after this time. */
  private static final long MAX_TIMER_MS = 60_000;

  private final EmbeddedQueue queue;
  private final MVMap<Long, byte[]> index;
  private final Disk disk;
  private final Context context;

  /** The due time that the timer is set for; MAX_VALUE without a timer. */
  private long timerDue = Long.MAX_VALUE;

  private long timer;
  private boolean stopped;

  /**
   * @param context of no verticle: timers set in a verticle's context end with the verticle
   */
  DelayedItems(EmbeddedQueue queue, MVMap<Long, byte[]> index, Disk disk, Context context) {
    this.queue = queue;
    this.index = index;
    this.disk = disk;
    this.context = context;
  }

  /** Sets the timer for the next item; an earlier process may have left some. */
  void start() {
    Long first = index.firstKey();
    if (first != null) {
      setTimer(first >> SEQUENCE_BITS);
    }
  }

  synchronized void stop() {
    stopped = true;
    context.owner().cancelTimer(timer);
  }

  Future<Void> add(byte[] body, Duration delay) {
    // Rounded up, and one more for the part of a millisecond that the clock does not show.
    long due = disk.now() + delay.plusNanos(999_999).toMillis() + 1;
    return disk.write(() -> index.put(freeKey(due), body) == null)
        .onSuccess(put -> setTimer(due))
        .mapEmpty();
  }

  private long freeKey(long due) {
    long first = due << SEQUENCE_BITS;
    Long highest = index.lowerKey((due + 1) << SEQUENCE_BITS);
    return highest == null || highest < first ? first : highest + 1;
  }

  private synchronized void setTimer(long due) {
    if (stopped || timerDue <= due) {
      return;
    }
    if (timerDue != Long.MAX_VALUE) {
      context.owner().cancelTimer(timer);
    }
    timerDue = due;
    long left = due - disk.now();
    timer =
        Contexts.setTimer(context, Math.max(1, Math.min(left, MAX_TIMER_MS)), t -> publishDue());
  }

  private void publishDue() {
    synchronized (this) {
      timerDue = Long.MAX_VALUE;
    }
    disk.write(this::moveDue)
        .onSuccess(moved -> moved.forEach(queue::published))
        .onSuccess(moved -> start())
        .onFailure(refused -> setTimer(disk.now() + RETRY_MS));
  }

  /** On the disk thread. */
  private List<Appended> moveDue() {
    List<Appended> items = new ArrayList<>();
    long now = disk.now();
    Long first = index.firstKey();
    while (first != null && first >> SEQUENCE_BITS <= now && items.size() < BATCH) {
      items.add(queue.append(index.remove(first)));
      first = index.firstKey();
    }
    return items;
  }
}
