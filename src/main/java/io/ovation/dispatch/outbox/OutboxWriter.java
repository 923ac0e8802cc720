package io.ovation.dispatch.outbox;

import io.ovation.async.Backoff;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.OutboxItem;
import io.ovation.live.proto.StreamTotals;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Puts one partition's events into the outboxes of the other regions, in order. An item is encoded
 * once for all outboxes, and is unconfirmed alone: events that come meanwhile share the next one.
 * An outbox that did not confirm gets the item again before anything after it, so that no failure
 * can reorder. All on the dispatcher's context.
 */
final class OutboxWriter {
  /** Events in one item. */
  private static final int EVENTS = 500;

  /** Bytes after which an item is full. */
  private static final int BYTES = 256 << 10;

  /**
   * From one item to the next, unless that is full; by so much a comment may reach another region
   * later. An item costs RabbitMQ and both regions' nodes about as much with one event as with ten,
   * and nobody here waits for it.
   */
  private static final long INTERVAL_MS = 30;

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.2);

  private final DispatchContext d;
  private final List<QueueName> outboxes;
  private final long epoch;
  private final PartitionFailureHandler guard;
  private final Deque<Put> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private int waitingEvents;
  private long events;
  private long nextAt = Long.MIN_VALUE;
  private boolean pausing;
  private boolean writing;
  private boolean closed;

  /**
   * @param done called when these, and all before them, are in all outboxes
   */
  private record Put(
      List<ForwardedEvent> events, List<StreamTotals> totals, int bytes, Runnable done) {}

  /**
   * @param outboxes of the other regions for this partition
   */
  OutboxWriter(
      DispatchContext context,
      List<QueueName> outboxes,
      long epoch,
      PartitionFailureHandler guard) {
    this.d = context;
    this.outboxes = outboxes;
    this.epoch = epoch;
    this.guard = guard;
  }

  /** Both may be empty: {@code done} still waits for those before. */
  void put(List<ForwardedEvent> more, List<StreamTotals> totals, Runnable done) {
    int bytes =
        more.stream().mapToInt(ForwardedEvent::getSerializedSize).sum()
            + totals.stream().mapToInt(StreamTotals::getSerializedSize).sum();
    waiting.add(new Put(more, totals, bytes, done));
    waitingBytes += bytes;
    waitingEvents += more.size();
    writeNext();
  }

  void close() {
    closed = true;
    waiting.clear();
  }

  private void writeNext() {
    if (writing || closed || waiting.isEmpty()) {
      return;
    }
    long now = d.monotonicMillis().getAsLong();
    if (now < nextAt && waitingBytes < BYTES && waitingEvents < EVENTS) {
      pause(nextAt - now);
      return;
    }
    OutboxItem.Builder item =
        OutboxItem.newBuilder().setRegion(d.regions().own()).setEpoch(epoch).setFirst(events);
    int puts = 0;
    int bytes = 0;
    for (Put put : waiting) {
      if (puts > 0 && (bytes >= BYTES || item.getEventsCount() + put.events.size() > EVENTS)) {
        break;
      }
      item.addAllEvents(put.events).addAllTotals(put.totals);
      bytes += put.bytes;
      puts++;
    }
    writing = true;
    if (bytes == 0) {
      written(puts, 0);
    } else {
      nextAt = after(now);
      byte[] encoded = item.setPutAtMs(d.wallMillis().getAsLong()).build().toByteArray();
      write(encoded, outboxes, 1, new int[] {puts, item.getEventsCount()});
    }
  }

  /** A node's partitions write at the same times: their items share writes here and syncs there. */
  private static long after(long now) {
    return now - Math.floorMod(now, INTERVAL_MS) + INTERVAL_MS;
  }

  private void pause(long ms) {
    if (!pausing) {
      pausing = true;
      d.vertx()
          .setTimer(
              ms,
              guard.wrap(
                  t -> {
                    pausing = false;
                    writeNext();
                  }));
    }
  }

  /**
   * @param counts of puts and of events in the item
   */
  private void write(byte[] item, List<QueueName> to, int attempt, int[] counts) {
    List<Future<Void>> writes = new ArrayList<>(to.size());
    to.forEach(outbox -> writes.add(d.broker().publish(outbox, item)));
    Future.join(writes)
        .onComplete(
            guard.wrap(
                answer -> {
                  List<QueueName> refused = new ArrayList<>();
                  for (int i = 0; i < writes.size(); i++) {
                    if (writes.get(i).failed()) {
                      refused.add(to.get(i));
                    }
                  }
                  if (closed) {
                    return;
                  }
                  if (refused.isEmpty()) {
                    written(counts[0], counts[1]);
                  } else {
                    d.metrics().outboxRetries.increment(refused.size());
                    again(item, refused, attempt, counts);
                  }
                }));
  }

  private void again(byte[] item, List<QueueName> to, int attempt, int[] counts) {
    d.vertx()
        .setTimer(
            BACKOFF.pauseMs(attempt),
            guard.wrap(
                t -> {
                  if (!closed) {
                    write(item, to, attempt + 1, counts);
                  }
                }));
  }

  private void written(int puts, int count) {
    events += count;
    d.metrics().outboxEvents.increment((double) count * outboxes.size());
    for (int i = 0; i < puts && !closed; i++) {
      Put put = waiting.remove();
      waitingBytes -= put.bytes;
      waitingEvents -= put.events.size();
      put.done.run(); // It may put more, which must not be written before the loop ends.
    }
    writing = false;
    writeNext();
  }
}
