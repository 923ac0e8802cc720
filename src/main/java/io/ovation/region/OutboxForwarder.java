package io.ovation.region;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.async.Backoff;
import io.ovation.async.Futures;
import io.ovation.live.proto.OutboxItem;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one outbox over, in order. Deliveries gather while the region confirms those before them;
 * one group is unconfirmed at a time, and it is repeated until it is confirmed, so that nothing can
 * overtake it. What a killed forwarder had carried over and not acked is carried over again, and
 * recognized there. All on the verticle's context.
 */
final class OutboxForwarder implements DeliveryHandler {
  private static final Logger log = LoggerFactory.getLogger(OutboxForwarder.class);

  /** Unacked items; the same on every node. An item is at most some 256 KiB, mostly 1 KiB. */
  static final int PREFETCH = 100;

  /**
   * Events of one group. The other region takes it in as one item, and must not be busy with it for
   * long.
   */
  private static final int EVENTS = 500;

  /** Bytes of one group. */
  private static final int BYTES = 128 << 10;

  /**
   * An ack costs RabbitMQ as much as an item, and nobody waits for it. A forwarder that is killed
   * leaves this much to be carried over again.
   */
  private static final long ACK_MS = 250;

  /** Unacked items that are not waited for: far below the prefetch, so that items keep coming. */
  private static final int MAX_UNACKED = PREFETCH / 4;

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(50), 2, Duration.ofSeconds(2), 0.2);

  private final Vertx vertx;
  private final RegionLink link;
  private final QueueName outbox;
  private final InstantSource clock;
  private final DroppedEvents dropped = new DroppedEvents();
  private final Subscription subscription;
  private final Deque<Held> held = new ArrayDeque<>();

  /** The last item that the region has and that is not acked; all before it are like it. */
  private @Nullable Delivery unacked;

  private int unackedItems;

  /** Counts what ended: a redelivery begins, or the forwarder closes. */
  private long generation;

  private boolean sending;
  private volatile int bytesHeld;
  private volatile long oldestPutAt;

  /**
   * @param fault why the item can't be read; then it is empty
   */
  private record Held(Delivery delivery, OutboxItem item, @Nullable String fault) {}

  OutboxForwarder(
      Vertx vertx, Broker broker, RegionLink link, QueueName outbox, InstantSource clock) {
    this.vertx = vertx;
    this.link = link;
    this.outbox = outbox;
    this.clock = clock;
    this.subscription = broker.consume(outbox, PREFETCH, this);
  }

  @Override
  public void deliver(List<Delivery> items) {
    for (Delivery delivery : items) {
      try {
        OutboxItem item = OutboxItem.parseFrom(delivery.body());
        link.metrics.dropped.increment(dropped.before(item));
        held.add(new Held(delivery, item, null));
      } catch (InvalidProtocolBufferException e) {
        log.error("{} has an item that can't be read: it is dead-lettered", outbox, e);
        link.metrics.poison.increment();
        held.add(new Held(delivery, OutboxItem.getDefaultInstance(), String.valueOf(e)));
      }
    }
    measure();
    sendNext();
  }

  @Override
  public void reset() {
    generation++;
    held.clear();
    unacked = null;
    unackedItems = 0;
    sending = false;
    measure();
  }

  /** What was not acked goes to the outbox's next forwarder. */
  Future<Void> close() {
    ack();
    reset();
    return subscription.close();
  }

  private void sendNext() {
    if (sending || held.isEmpty()) {
      return;
    }
    sending = true;
    String fault = held.element().fault;
    if (fault != null) {
      deadLetter(held.element().delivery, fault, 1, generation);
      return;
    }
    List<Held> group = new ArrayList<>();
    int bytes = 0;
    int events = 0;
    for (Held next : held) {
      events += next.item.getEventsCount();
      if (bytes >= BYTES || next.fault != null || (events > EVENTS && !group.isEmpty())) {
        break;
      }
      group.add(next);
      bytes += next.delivery.body().length;
    }
    send(group, 1, generation);
  }

  /** Nothing after it is acked before it is among the dead letters. */
  private void deadLetter(Delivery delivery, String fault, int attempt, long begun) {
    subscription
        .deadLetter(delivery, "not an item of an outbox: " + fault)
        .onComplete(
            done -> {
              if (begun != generation) {
                return;
              }
              if (done.failed()) {
                log.warn("{}: an item could not be dead-lettered; retrying", outbox, done.cause());
                vertx.setTimer(
                    BACKOFF.pauseMs(attempt),
                    t -> {
                      if (begun == generation) {
                        deadLetter(delivery, fault, attempt + 1, begun);
                      }
                    });
                return;
              }
              held.remove();
              sending = false;
              measure();
              sendNext();
            });
  }

  private void send(List<Held> group, int attempt, long begun) {
    ForwardTrace trace = new ForwardTrace(link.region);
    Futures.attempt(link::partitions)
        .compose(
            partitions -> {
              ForwardBatch batch = new ForwardBatch(group.get(0).item.getRegion(), partitions);
              group.forEach(one -> batch.add(trace.begin(one.item)));
              return write(batch);
            })
        .onComplete(
            answer -> {
              trace.end(answer.cause());
              answered(group, attempt, begun, answer);
            });
  }

  /** Writes one item to each queue concerned; a repetition writes all of them again. */
  private Future<Integer> write(ForwardBatch batch) {
    List<Future<Void>> writes = new ArrayList<>();
    batch.items().forEach((queue, item) -> writes.add(link.publish(queue, item, Duration.ZERO)));
    return writes.isEmpty() ? Future.succeededFuture(0) : Future.join(writes).map(writes.size());
  }

  private void answered(List<Held> group, int attempt, long begun, AsyncResult<Integer> answer) {
    if (begun != generation) {
      return;
    }
    if (answer.failed()) {
      link.metrics.retries.increment();
      link.failed(answer.cause());
      if (attempt == 1 || attempt % 30 == 0) {
        log.warn(
            "{} waits, attempt {} follows: {}", outbox, attempt + 1, answer.cause().getMessage());
      }
      vertx.setTimer(
          BACKOFF.pauseMs(attempt),
          t -> {
            if (begun == generation) {
              send(group, attempt + 1, begun);
            }
          });
      return;
    }
    int events = group.stream().mapToInt(one -> one.item.getEventsCount()).sum();
    link.metrics.forwarded.increment(events);
    link.metrics.states.increment(
        group.stream().mapToInt(one -> one.item.getTotalsCount() + one.item.getRowsCount()).sum());
    link.metrics.items.increment(answer.result());
    link.metrics.forward.record(lagMs(), TimeUnit.MILLISECONDS);
    group.forEach(one -> held.remove());
    carried(group.get(group.size() - 1).delivery, group.size());
    sending = false;
    measure();
    sendNext();
  }

  /** The region has the item and all before it. */
  private void carried(Delivery last, int items) {
    boolean first = unacked == null;
    unacked = last;
    unackedItems += items;
    if (unackedItems >= MAX_UNACKED) {
      ack();
    } else if (first) {
      vertx.setTimer(ACK_MS, t -> ack());
    }
  }

  private void ack() {
    if (unacked != null) {
      subscription.ackThrough(unacked);
      unacked = null;
      unackedItems = 0;
    }
  }

  private void measure() {
    bytesHeld = held.stream().mapToInt(one -> one.delivery.body().length).sum();
    oldestPutAt = held.isEmpty() ? 0 : held.element().item.getPutAtMs();
  }

  /** How long the oldest item has been waiting, in milliseconds. Any thread. */
  long lagMs() {
    long since = oldestPutAt;
    return since == 0 ? 0 : Math.max(0, clock.millis() - since);
  }

  /** Any thread. */
  int bytesHeld() {
    return bytesHeld;
  }

  int itemsHeld() {
    return held.size();
  }

  QueueName outbox() {
    return outbox;
  }
}
