package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * Items that enter a queue later: an index by due time on disk, and one timer for the next of them.
 * An item moves from here to the queue's log in one mutation, so a crash neither loses nor doubles
 * it. Any thread.
 */
final class DelayedItems {
  /** Low bits of a key, to tell items due in the same millisecond apart; the rest is the time. */
  private static final int SEQUENCE_BITS = 20;

  /** How many move in one mutation: others wait for the disk too. */
  private static final int BATCH = 500;

  /** After a write that the disk refused. */
  private static final long RETRY_MS = 500;

  /** The wall clock may be set meanwhile: look at it again after this time at the latest. */
  private static final long LOOK_MS = 60_000;

  private final EmbeddedQueue queue;
  private final MVMap<Long, byte[]> index;
  private final Disk disk;
  private final Vertx vertx;

  /** Of no verticle: timers set in a verticle's context end with it, and the items stay. */
  private final Context context;

  /** When the timer rings; MAX_VALUE without one. */
  private long alarm = Long.MAX_VALUE;

  private long timer;
  private boolean stopped;

  DelayedItems(EmbeddedQueue queue, MVMap<Long, byte[]> index, Disk disk, Vertx vertx) {
    this.queue = queue;
    this.index = index;
    this.disk = disk;
    this.vertx = vertx;
    this.context = Contexts.newEventLoop(vertx);
  }

  /** Takes up what a former process left. */
  void start() {
    Long first = index.firstKey();
    if (first != null) {
      ringAt(first >> SEQUENCE_BITS);
    }
  }

  synchronized void stop() {
    stopped = true;
    vertx.cancelTimer(timer);
  }

  Future<Void> add(byte[] body, Duration delay) {
    // A fraction of a millisecond more, never less; one more for the clock's own fraction.
    long due = System.currentTimeMillis() + delay.plusNanos(999_999).toMillis() + 1;
    return disk.write(() -> index.put(freeKey(due), body) == null)
        .map(
            put -> {
              ringAt(due);
              return null;
            });
  }

  private long freeKey(long due) {
    long first = due << SEQUENCE_BITS;
    Long highest = index.lowerKey(due + 1 << SEQUENCE_BITS);
    return highest == null || highest < first ? first : highest + 1;
  }

  private synchronized void ringAt(long due) {
    if (stopped || alarm <= due) {
      return;
    }
    if (alarm != Long.MAX_VALUE) {
      vertx.cancelTimer(timer);
    }
    alarm = due;
    long left = due - System.currentTimeMillis();
    timer = Contexts.setTimer(context, Math.max(1, Math.min(left, LOOK_MS)), t -> ring());
  }

  private void ring() {
    synchronized (this) {
      alarm = Long.MAX_VALUE;
    }
    disk.write(this::moveDue)
        .onComplete(
            moved -> {
              if (moved.failed()) {
                ringAt(System.currentTimeMillis() + RETRY_MS);
                return;
              }
              moved.result().items.forEach(item -> queue.published(item.key, item.body));
              Long next = moved.result().nextDue;
              if (next != null) {
                ringAt(next);
              }
            });
  }

  private record Item(long key, byte[] body) {}

  private record Moved(List<Item> items, @Nullable Long nextDue) {}

  /** On the disk thread. */
  private Moved moveDue() {
    List<Item> items = new ArrayList<>();
    long now = System.currentTimeMillis();
    Long first = index.firstKey();
    while (first != null && first >> SEQUENCE_BITS <= now && items.size() < BATCH) {
      byte[] body = index.remove(first);
      items.add(new Item(queue.append(body), body));
      first = index.firstKey();
    }
    return new Moved(items, first == null ? null : first >> SEQUENCE_BITS);
  }
}
