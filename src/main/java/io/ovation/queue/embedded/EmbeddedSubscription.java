package io.ovation.queue.embedded;

import io.ovation.disk.Disk;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Subscription;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.TreeMap;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** One consumer in a queue's line. Its state is guarded by the queue's monitor. */
final class EmbeddedSubscription implements Subscription {
  private final Vertx vertx;
  private final EmbeddedQueue queue;
  private final MVMap<Long, byte[]> log;
  private final EmbeddedDeadLetters dead;
  private final Disk disk;
  private final DeliveryBuffer buffer;
  private final int prefetch;
  private final long generation;
  private final TreeMap<Long, byte[]> held = new TreeMap<>();
  private boolean closed;

  EmbeddedSubscription(
      Vertx vertx,
      EmbeddedQueue queue,
      MVMap<Long, byte[]> log,
      EmbeddedDeadLetters dead,
      Disk disk,
      DeliveryBuffer buffer,
      int prefetch,
      long generation) {
    this.vertx = vertx;
    this.queue = queue;
    this.log = log;
    this.dead = dead;
    this.disk = disk;
    this.buffer = buffer;
    this.prefetch = prefetch;
    this.generation = generation;
  }

  int room() {
    return prefetch - held.size();
  }

  Delivery delivery(long key, byte[] body, boolean redelivered) {
    held.put(key, body);
    return new Delivery(body, redelivered, key, generation);
  }

  void deliver(List<Delivery> run) {
    if (!run.isEmpty()) {
      buffer.add(run);
    }
  }

  @Nullable Long firstHeld() {
    return held.isEmpty() ? null : held.firstKey();
  }

  @Override
  public void ack(Delivery delivery) {
    synchronized (queue) {
      if (!holds(delivery)) {
        return;
      }
      held.remove(delivery.tag());
    }
    queue.ack(List.of(delivery.tag()));
  }

  @Override
  public void ackThrough(Delivery delivery) {
    List<Long> keys;
    synchronized (queue) {
      if (closed || delivery.generation() != generation) {
        return;
      }
      var through = held.headMap(delivery.tag(), true);
      keys = List.copyOf(through.keySet());
      through.clear();
    }
    if (!keys.isEmpty()) {
      queue.ack(keys);
    }
  }

  @Override
  public Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
    long key = delivery.tag();
    synchronized (queue) {
      if (!holds(delivery)) {
        return Contexts.failed(
            vertx,
            new BrokerUnavailable(
                "Item " + key + " of " + queue.name() + " is not this consumer's any more."));
      }
    }
    return disk.write(() -> bury(key, delivery.body(), failure))
        .transform(
            moved -> {
              if (moved.failed()) {
                return Future.failedFuture(new BrokerUnavailable("" + moved.cause().getMessage()));
              }
              synchronized (queue) {
                held.remove(key);
              }
              queue.pump();
              return Future.succeededFuture();
            });
  }

  private boolean bury(long key, byte[] body, FailureDetails failure) {
    dead.add(queue.name(), body, failure, System.currentTimeMillis());
    return log.remove(key) != null;
  }

  private boolean holds(Delivery delivery) {
    return !closed && delivery.generation() == generation && held.containsKey(delivery.tag());
  }

  @Override
  public Future<Void> close() {
    boolean first;
    synchronized (queue) {
      first = !closed;
      closed = true;
      buffer.close();
    }
    if (first) {
      queue.leave(this);
    }
    return Contexts.succeeded(vertx);
  }
}
