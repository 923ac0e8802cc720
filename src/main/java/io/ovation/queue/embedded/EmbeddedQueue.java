package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Delivery;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * One queue: a log on disk, a cursor, and the line of its consumers, of which the first is active.
 * Items that were just published are delivered from memory; all others are read on the disk thread.
 * Methods may be called from any thread unless they say otherwise; nothing blocks.
 */
final class EmbeddedQueue {
  /** Published items kept in memory for a consumer that keeps up. */
  private static final int TAIL = 1024;

  /** After a crash the next item follows after this time when the one before has no outcome yet. */
  private static final long NEXT_NANOS = 5_000_000_000L;

  /** An item whose handling a process survives for this time does not end processes. */
  private static final long HARMLESS_MS = 10_000;

  private final QueueName name;
  private final Vertx vertx;
  private final MVMap<Long, byte[]> log;
  private final EmbeddedDeadLetters deadLetters;
  private final Disk disk;
  private final AckedItemRemover acks;
  private final DelayedItems delays;
  private final LogReader reader;
  private final Context timers;
  private final Deque<EmbeddedSubscription> line = new ArrayDeque<>();
  private final TreeMap<Long, byte[]> tail = new TreeMap<>();

  /** The highest key in use. Disk thread only. */
  private long last;

  /** The next key to deliver. */
  private long cursor = 1;

  /** The highest key known to be in the log. */
  private long written;

  /** Items up to this key may have been delivered before. */
  private long maybeDelivered;

  private boolean reading;

  /** How many items are still handed out one at a time after a crash; negative before the first. */
  private int oneAtATime = -1;

  private long handedOutAt;

  /** Rises when the cursor goes back: a read from before is useless then. */
  private int rewinds;

  /** An item in the log. */
  record Appended(long key, byte[] body) {}

  EmbeddedQueue(
      QueueName name,
      MVMap<Long, byte[]> log,
      MVMap<Long, byte[]> delayed,
      EmbeddedDeadLetters deadLetters,
      LogReader reader,
      Disk disk,
      Vertx vertx,
      QueueMetrics metrics) {
    this.name = name;
    this.vertx = vertx;
    this.log = log;
    this.deadLetters = deadLetters;
    this.reader = reader;
    this.disk = disk;
    this.timers = Contexts.newEventLoop(vertx);
    Runnable pump = () -> metrics.guard.run("hand-out of " + name, this::pump);
    this.acks = new AckedItemRemover(log, disk, timers, metrics, pump);
    this.delays = new DelayedItems(this, delayed, disk, timers);
    Long highest = log.lastKey();
    if (highest != null) {
      last = highest;
      written = highest;
      maybeDelivered = highest;
    }
    disk.write(reader::begin);
  }

  QueueName name() {
    return name;
  }

  Vertx vertx() {
    return vertx;
  }

  DelayedItems delays() {
    return delays;
  }

  Future<Void> publish(byte[] body) {
    acks.write();
    return disk.write(
            () -> {
              published(append(body));
              return true;
            })
        .mapEmpty();
  }

  /** Disk thread only, as the last step of a mutation; {@link #published} follows. */
  Appended append(byte[] body) {
    long key = last + 1;
    log.put(key, body);
    last = key; // After the put: one that throws must not leave a gap.
    return new Appended(key, body);
  }

  /**
   * The item may be delivered. It need not be synced yet: what its consumer writes is synced with
   * it or after it. An item that is lost with its process was not confirmed to anybody.
   */
  void published(Appended item) {
    synchronized (this) {
      written = Math.max(written, item.key);
      if (!line.isEmpty() && item.key >= cursor && tail.size() < TAIL) {
        tail.put(item.key, item.body);
      }
    }
    pump();
  }

  long size() {
    return Math.max(0, log.sizeAsLong() - acks.unwritten());
  }

  /** The oldest item that is not acked; null if there is none. Any thread. */
  byte @Nullable [] first() {
    Long key = size() == 0 ? null : log.firstKey();
    return key == null ? null : log.get(key);
  }

  void enter(EmbeddedSubscription subscription) {
    synchronized (this) {
      line.add(subscription);
      if (oneAtATime < 0) {
        // The last process held no more items than that.
        oneAtATime = reader.crashed() ? subscription.prefetch() : 0;
      }
    }
    pump();
  }

  /** The leaving subscription's unacked items go, in order, to the next in line. */
  void leave(EmbeddedSubscription leaving) {
    acks.write();
    synchronized (this) {
      boolean active = line.peek() == leaving;
      line.remove(leaving);
      Long first = leaving.forgetUnacked();
      if (active && first != null) {
        maybeDelivered = Math.max(maybeDelivered, cursor - 1);
        cursor = first;
        rewinds++;
        tail.clear();
      }
    }
    pump();
  }

  void ack(List<Long> keys) {
    acks.add(keys);
    pump();
  }

  /** Moves a delivered item to the dead letters in one mutation. */
  Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
    return disk.write(
            () -> {
              deadLetters.add(name, delivery.body(), failure, System.currentTimeMillis());
              return log.remove(delivery.tag()) != null;
            })
        .recover(e -> Future.failedFuture(new BrokerUnavailable("" + e.getMessage())))
        .mapEmpty();
  }

  /** Closes the subscriptions, the active one last, and stops the timer of delayed items. */
  void close() {
    List<EmbeddedSubscription> all = new ArrayList<>();
    synchronized (this) {
      line.descendingIterator().forEachRemaining(all::add);
    }
    all.forEach(EmbeddedSubscription::close);
    delays.stop();
    acks.write();
    disk.write(reader::close);
  }

  /** Runs after every event that may let the active consumer have more. */
  void pump() {
    synchronized (this) {
      EmbeddedSubscription active = line.peek();
      if (active == null || reading) {
        return; // Items that are being read come before those in memory.
      }
      int room = acks.full() ? 0 : active.room();
      if (oneAtATime > 0 && cursor <= maybeDelivered) {
        handOutOne(active, room);
        return;
      }
      List<Delivery> items = new ArrayList<>();
      while (items.size() < room) {
        byte[] body = tail.remove(cursor);
        if (body == null) {
          break;
        }
        items.add(active.delivery(cursor, body, cursor <= maybeDelivered));
        cursor++;
      }
      active.deliver(items);
      if (!items.isEmpty()) {
        disk.awaitFollowers();
      }
      if (items.size() < room && cursor <= written) {
        reading = true;
        long from = cursor;
        int limit = room - items.size();
        read(() -> new Scan(reader.read(from, limit), last), limit, rewinds);
      }
    }
  }

  private void handOutOne(EmbeddedSubscription active, int room) {
    if (room == 0 || (!active.idle() && System.nanoTime() - handedOutAt < NEXT_NANOS)) {
      acks.schedule(); // The timer calls pump() again.
      return;
    }
    handedOutAt = System.nanoTime();
    oneAtATime--;
    reading = true;
    acks.write();
    long from = cursor;
    read(() -> new Scan(handOut(from), last), 1, rewinds);
  }

  private List<Appended> handOut(long from) {
    List<Appended> found = reader.handOut(from);
    for (Appended item : found) {
      Contexts.setTimer(timers, HARMLESS_MS, t -> disk.write(() -> reader.clear(item.key)));
    }
    return found;
  }

  private void read(Supplier<Scan> scan, int limit, int rewind) {
    disk.write(scan)
        .onSuccess(found -> arrived(found, limit, rewind))
        .onFailure(refused -> readFailed());
  }

  /** The disk is full or slow: the timer calls {@link #pump} again. */
  private synchronized void readFailed() {
    reading = false;
    acks.schedule();
  }

  /**
   * The items that a read found; if fewer than its limit, there are no others up to {@code last}.
   */
  private record Scan(List<Appended> items, long last) {}

  private void arrived(Scan scan, int limit, int rewind) {
    synchronized (this) {
      reading = false;
      EmbeddedSubscription active = line.peek();
      if (rewind == rewinds && active != null) {
        deliver(scan.items, active);
        if (scan.items.size() < limit) {
          cursor = Math.max(cursor, scan.last + 1);
        }
        tail.headMap(cursor).clear();
      }
    }
    pump();
  }

  private void deliver(List<Appended> items, EmbeddedSubscription active) {
    List<Delivery> deliveries = new ArrayList<>(items.size());
    for (Appended item : items) {
      cursor = item.key + 1;
      if (!acks.waiting(item.key)) {
        deliveries.add(active.delivery(item.key, item.body, item.key <= maybeDelivered));
      }
    }
    active.deliver(deliveries);
  }
}
