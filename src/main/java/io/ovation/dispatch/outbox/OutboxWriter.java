package io.ovation.dispatch.outbox;

import io.ovation.async.Backoff;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailFast;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.OutboxItem;
import io.ovation.live.proto.StreamTotals;
import io.ovation.queue.QueueName;
import io.vertx.core.AsyncResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Puts one partition's events into the outbox of one region, in order. One item is unconfirmed at a
 * time, and events that come meanwhile share the next one: an item that fails is put again before
 * anything after it, so that no failure can reorder. All on the dispatcher's context.
 */
final class OutboxWriter {
  /** Events in one item. */
  private static final int EVENTS = 500;

  /** Bytes after which an item is full. */
  private static final int BYTES = 256 << 10;

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.2);

  private final DispatchContext d;
  private final String region;
  private final QueueName outbox;
  private final long epoch;
  private final PartitionFailFast guard;
  private final Deque<Put> waiting = new ArrayDeque<>();
  private long events;
  private boolean writing;
  private boolean closed;

  /**
   * @param done called when these, and all before them, are in the outbox
   */
  private record Put(List<ForwardedEvent> events, List<StreamTotals> totals, Runnable done) {
    int bytes() {
      return events.stream().mapToInt(ForwardedEvent::getSerializedSize).sum()
          + totals.stream().mapToInt(StreamTotals::getSerializedSize).sum();
    }
  }

  /**
   * @param region this one
   * @param outbox of the other region for this partition
   */
  OutboxWriter(
      DispatchContext context,
      String region,
      QueueName outbox,
      long epoch,
      PartitionFailFast guard) {
    this.d = context;
    this.region = region;
    this.outbox = outbox;
    this.epoch = epoch;
    this.guard = guard;
  }

  /** Events may be none: {@code done} still waits for those before. */
  void put(List<ForwardedEvent> more, Runnable done) {
    add(new Put(more, List.of(), done));
  }

  void putTotals(List<StreamTotals> totals, Runnable done) {
    add(new Put(List.of(), totals, done));
  }

  private void add(Put put) {
    waiting.add(put);
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
    OutboxItem.Builder item =
        OutboxItem.newBuilder().setRegion(region).setEpoch(epoch).setFirst(events);
    int puts = 0;
    int bytes = 0;
    for (Put put : waiting) {
      if (puts > 0 && (bytes >= BYTES || item.getEventsCount() + put.events.size() > EVENTS)) {
        break;
      }
      item.addAllEvents(put.events).addAllTotals(put.totals);
      bytes += put.bytes();
      puts++;
    }
    writing = true;
    if (bytes == 0) {
      written(puts, 0);
    } else {
      write(item, puts, 1);
    }
  }

  private void write(OutboxItem.Builder item, int puts, int attempt) {
    byte[] bytes = item.setPutAtMs(d.wallMillis().getAsLong()).build().toByteArray();
    d.broker()
        .publish(outbox, bytes)
        .onComplete(guard.wrap(answer -> answered(item, puts, attempt, answer)));
  }

  private void answered(OutboxItem.Builder item, int puts, int attempt, AsyncResult<Void> answer) {
    if (closed) {
      return;
    }
    if (answer.succeeded()) {
      written(puts, item.getEventsCount());
    } else {
      d.metrics().outboxRetries.increment();
      d.vertx()
          .setTimer(
              BACKOFF.pauseMs(attempt),
              guard.wrap(
                  t -> {
                    if (!closed) {
                      write(item, puts, attempt + 1);
                    }
                  }));
    }
  }

  private void written(int puts, int count) {
    events += count;
    d.metrics().outboxEvents.increment(count);
    writing = false;
    for (int i = 0; i < puts && !closed; i++) {
      waiting.remove().done.run();
    }
    writeNext();
  }
}
