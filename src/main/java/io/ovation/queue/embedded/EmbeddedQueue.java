package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.Delivery;
import io.ovation.queue.QueueMetrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * One queue: a log on disk, a cursor, and the line of its consumers, of which the first is active.
 * What was just published is handed on from memory; anything else is read on the disk thread. All
 * methods may be called from any thread; nothing blocks.
 */
final class EmbeddedQueue {
  /** Published items kept in memory for a consumer that keeps up. */
  private static final int TAIL = 1024;

  private final String name;
  private final MVMap<Long, byte[]> log;
  private final Disk disk;
  private final AckedItemRemover acks;
  private final DelayedItems delays;
  private final QueueMetrics metrics;
  private final Deque<EmbeddedSubscription> line = new ArrayDeque<>();
  private final TreeMap<Long, byte[]> tail = new TreeMap<>();

  /** The last key given out. Disk thread only. */
  private long last;

  /** The next key to hand out. */
  private long cursor = 1;

  /** The highest key known to be on disk. */
  private long known;

  /** Up to here items may have been handed out before. */
  private long handedOutBefore;

  private boolean reading;

  /** Rises when the cursor goes back: a read from before it is of no use. */
  private int rewinds;

  EmbeddedQueue(
      String name,
      MVMap<Long, byte[]> log,
      MVMap<Long, byte[]> delayed,
      Disk disk,
      Vertx vertx,
      QueueMetrics metrics) {
    this.name = name;
    this.log = log;
    this.disk = disk;
    this.metrics = metrics;
    this.acks = new AckedItemRemover(log, disk, vertx, metrics, this::pump);
    this.delays = new DelayedItems(this, delayed, disk, vertx);
    Long highest = log.lastKey();
    if (highest != null) {
      last = highest;
      known = highest;
      handedOutBefore = highest;
    }
  }

  String name() {
    return name;
  }

  Future<Void> publish(byte[] body) {
    acks.send();
    return disk.write(() -> append(body))
        .map(
            key -> {
              published(key, body);
              return null;
            });
  }

  /** What waits for its time and enters this queue then. */
  DelayedItems delays() {
    return delays;
  }

  /** Disk thread only, as the last step of a mutation; {@link #published} follows its sync. */
  long append(byte[] body) {
    long key = last + 1;
    log.put(key, body);
    last = key; // Not before: a put that throws must not leave a hole.
    return key;
  }

  /** The item is durable: it may be handed out. */
  void published(long key, byte[] body) {
    synchronized (this) {
      known = Math.max(known, key);
      if (!line.isEmpty() && key >= cursor && tail.size() < TAIL) {
        tail.put(key, body);
      }
    }
    pump();
  }

  long size() {
    return Math.max(0, log.sizeAsLong() - acks.unwritten());
  }

  void enter(EmbeddedSubscription subscription) {
    synchronized (this) {
      line.add(subscription);
    }
    pump();
  }

  /** What the leaver holds goes, in order, to the next in line. */
  void leave(EmbeddedSubscription leaver) {
    acks.send();
    synchronized (this) {
      boolean active = line.peek() == leaver;
      line.remove(leaver);
      Long first = leaver.firstHeld();
      if (active && first != null) {
        handedOutBefore = Math.max(handedOutBefore, cursor - 1);
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

  /** Runs after every event that may let the active consumer have more. */
  void pump() {
    synchronized (this) {
      EmbeddedSubscription active = line.peek();
      if (active == null || reading) {
        return; // What is being read comes before what is in memory.
      }
      int room = acks.behind() ? 0 : active.room();
      List<Delivery> run = new ArrayList<>();
      while (run.size() < room) {
        byte[] body = tail.remove(cursor);
        if (body == null) {
          break;
        }
        run.add(active.delivery(cursor, body, cursor <= handedOutBefore));
        cursor++;
      }
      active.deliver(run);
      if (run.size() < room && cursor <= known) {
        reading = true;
        read(cursor, room - run.size(), rewinds);
      }
    }
  }

  private void read(long from, int limit, int rewind) {
    disk.write(() -> scan(from, limit))
        .onComplete(scan -> arrived(scan.succeeded() ? scan.result() : null, limit, rewind));
  }

  /** What a look at the log found; short of its limit, nothing else is there up to {@code last}. */
  private record Scan(List<Map.Entry<Long, byte[]>> items, long last) {}

  /** On the disk thread, where no version of the log goes away under it. */
  private Scan scan(long from, int limit) {
    List<Map.Entry<Long, byte[]>> found = new ArrayList<>();
    var entries = log.cursor(from);
    while (found.size() < limit && entries.hasNext()) {
      Long key = entries.next();
      found.add(Map.entry(key, entries.getValue()));
    }
    return new Scan(found, last);
  }

  private void arrived(@Nullable Scan scan, int limit, int rewind) {
    synchronized (this) {
      reading = false;
      if (scan == null) {
        acks.later(); // The disk is full or slow: its timer asks again.
        return;
      }
      EmbeddedSubscription active = line.peek();
      if (rewind == rewinds && active != null) {
        hand(scan.items, active);
        if (scan.items.size() < limit) {
          cursor = Math.max(cursor, scan.last + 1);
        }
        tail.headMap(cursor).clear();
      }
    }
    pump();
  }

  private void hand(List<Map.Entry<Long, byte[]>> items, EmbeddedSubscription active) {
    List<Delivery> run = new ArrayList<>(items.size());
    for (Map.Entry<Long, byte[]> item : items) {
      long key = item.getKey();
      cursor = key + 1;
      if (!acks.waiting(key)) {
        run.add(active.delivery(key, item.getValue(), key <= handedOutBefore));
      }
    }
    active.deliver(run);
  }
}
