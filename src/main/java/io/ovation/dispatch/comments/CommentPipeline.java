package io.ovation.dispatch.comments;

import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.dispatch.routing.BatchSender;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one partition's comments from the queue to the nodes: gather a batch, append it to history,
 * send it, await the nodes' answers, ack it; always in the queue's order. All on the dispatcher's
 * context.
 */
public final class CommentPipeline implements DeliveryHandler {
  private static final Logger log = LoggerFactory.getLogger(CommentPipeline.class);

  /** Batches in flight at most; further deliveries wait, bounded by the prefetch. */
  private static final int MAX_BATCHES = 64;

  private static final long DEAD_LETTER_RETRY_MS = 1_000;

  private final DispatchContext d;
  private final int partition;
  private final ItemDecoder decoder;
  private final HistoryAppender appender;
  private final BatchSender sender;
  private final Outboxes outboxes;
  private final PartitionFailureHandler guard;
  private final FailingItem failing;

  private final Deque<Delivery> incoming = new ArrayDeque<>();
  private final Deque<CommentBatch> batches = new ArrayDeque<>();
  private @Nullable Subscription subscription;

  /** The first item of the batch that is being gathered. */
  private @Nullable Delivery gathering;

  /** How often the subscription was reset: what was delivered before comes again. */
  private long resets;

  private boolean waitingForRate;
  private boolean pumping;
  private boolean pumpAgain;
  private boolean closed;

  public CommentPipeline(
      DispatchContext context,
      int partition,
      long epoch,
      RoutingTable routes,
      StreamOffsets offsets,
      Outboxes outboxes,
      FailingItem failing,
      PartitionFailureHandler onFailure) {
    this.d = context;
    this.partition = partition;
    this.outboxes = outboxes;
    this.failing = failing;
    this.guard = new PartitionFailureHandler(cause -> failed(cause, onFailure));
    this.decoder =
        new ItemDecoder(
            new CommentValidator(d.partitions(), partition, d.filter(), d.wallMillis()),
            d.regions().own(),
            d.metrics().banned::increment);
    this.appender = new HistoryAppender(d, partition, epoch, offsets, guard, this::pump);
    this.sender = new BatchSender(d, partition, epoch, routes, offsets, guard, this::pump);
  }

  private void failed(Throwable cause, PartitionFailureHandler onFailure) {
    Delivery first = batches.isEmpty() ? gathering : batches.element().first;
    if (first != null && !closed && !(cause instanceof StaleEpoch)) {
      failing.failed(first.body(), cause, d.config().prefetch());
    }
    onFailure.fail(cause);
  }

  /** Events that viewers received from an earlier owner, to be written to history first. */
  public void delivered(List<Append> events) {
    events.forEach(appender::delivered);
  }

  /** Viewers received events in {@code from..to} from an earlier owner that nobody has. */
  public void lost(String stream, long from, long to) {
    appender.lost(stream, from, to);
  }

  /** Begins to consume. */
  public void open(QueueName queue) {
    appender.start();
    subscription = d.broker().consume(queue, d.config().prefetch(), this);
  }

  /** How long ago the oldest comment was accepted that was taken and is not acked; 0 for none. */
  public long lagMs() {
    long oldest = batches.isEmpty() ? 0 : batches.element().oldestMs();
    return oldest == 0 ? 0 : Math.max(0, d.storeMicros().getAsLong() / 1_000 - oldest);
  }

  /** Forgets everything; unacked items go to the next owner. Completes when the channel closed. */
  public Future<Void> close() {
    closed = true;
    appender.close();
    incoming.clear();
    batches.clear();
    return subscription == null ? Future.succeededFuture() : subscription.close();
  }

  @Override
  public void deliver(List<Delivery> items) {
    incoming.addAll(items);
    pump();
  }

  @Override
  public void reset() {
    incoming.clear();
    resets++;
  }

  /** Moves everything that can move: an ack makes room for what waits. */
  public void pump() {
    if (pumping) {
      // Something completed at once. The pass under way must not find its batches changed.
      pumpAgain = true;
      return;
    }
    pumping = true;
    guard.run(this::pumpAll);
    pumping = false;
  }

  private void pumpAll() {
    do {
      pumpAgain = false;
      takeIn();
      sendReady();
    } while (ackDone() || pumpAgain);
  }

  private void takeIn() {
    while (!closed && !incoming.isEmpty() && hasRoom() && appender.wantsMore()) {
      int most = failing.oneAtATime() ? 1 : d.config().batch();
      int granted = d.rate().take(Math.min(incoming.size(), most));
      if (granted == 0) {
        waitForRate();
        return;
      }
      gathering = incoming.element();
      CommentBatch batch = gather(granted);
      batches.add(batch);
      gathering = null;
      appender.append(batch);
      sendReady();
    }
  }

  private boolean hasRoom() {
    return batches.size() < (failing.oneAtATime() ? 1 : MAX_BATCHES);
  }

  /** Takes at most {@code count} deliveries, and fewer once their events fill a batch. */
  private CommentBatch gather(int count) {
    List<PendingEvent> comments = new ArrayList<>(count);
    List<Delivery> poison = new ArrayList<>(0);
    List<String> reasons = new ArrayList<>(0);
    Delivery first = incoming.element();
    Delivery last = first;
    int taken = 0;
    while (taken < count && comments.size() < d.config().batch()) {
      taken++;
      last = incoming.remove();
      String fault = decode(last.body(), comments);
      if (fault != null) {
        poison.add(last);
        reasons.add(fault);
      }
    }
    d.rate().giveBack(count - taken);
    CommentBatch batch =
        new CommentBatch(comments, first, last, BatchTrace.begin(comments, partition));
    for (int i = 0; i < poison.size(); i++) {
      batch.expectAnswer();
      d.metrics().poison.increment();
      deadLetter(batch, poison.get(i), reasons.get(i), resets);
    }
    return batch;
  }

  /** Adds the item's events; returns why it must be dead-lettered, or null. */
  @SuppressWarnings("CatchThrowable") // an Error, too, ends this item only
  private @Nullable String decode(byte[] item, List<PendingEvent> events) {
    String refusal = failing.refusal(item);
    if (refusal != null) {
      logPoison(item, refusal, null);
      return refusal;
    }
    try {
      decoder.decode(item, events);
      return null;
    } catch (PoisonItem e) {
      logPoison(item, e.reason().text(), null);
      return String.valueOf(e.getMessage());
    } catch (Throwable e) {
      logPoison(item, "it could not be decoded", e);
      return e.toString();
    }
  }

  private void logPoison(byte[] item, String why, @Nullable Throwable cause) {
    ItemDecoder.logged(
        item, () -> log.error("partition {}: an item is dead-lettered: {}", partition, why, cause));
  }

  /** Its batch is not acked until the item is dead-lettered, or will be delivered again anyway. */
  private void deadLetter(CommentBatch batch, Delivery delivery, String reason, long resetsThen) {
    if (subscription == null || closed) {
      return;
    }
    subscription
        .deadLetter(delivery, reason)
        .onComplete(
            guard.wrap(
                done -> {
                  if (done.succeeded() || resets != resetsThen) {
                    batch.answered();
                    pump();
                  } else {
                    log.warn("a poison item could not be dead-lettered; retrying", done.cause());
                    d.vertx()
                        .setTimer(
                            DEAD_LETTER_RETRY_MS,
                            guard.wrap(t -> deadLetter(batch, delivery, reason, resetsThen)));
                  }
                }));
  }

  private void sendReady() {
    for (CommentBatch batch : batches) {
      if (batch.sent()) {
        continue;
      }
      if (closed || !batch.ready() || !sender.send(batch)) {
        return;
      }
      appender.sent(batch);
      forward(batch);
      publish(batch);
    }
  }

  /** The batch is acked when what this region accepted of it is published, or given up. */
  private void publish(CommentBatch batch) {
    if (!d.events().used()) {
      return;
    }
    int[] unconfirmed = {1};
    Handler<AsyncResult<Void>> confirmed =
        guard.wrap(
            v -> {
              if (--unconfirmed[0] == 0) {
                batch.answered();
                pump();
              }
            });
    batch.expectAnswer();
    for (PendingEvent comment : batch.comments()) {
      PublishedEvent event = PublishedEvent.of(comment, d.regions().own());
      if (event != null) {
        unconfirmed[0]++;
        d.events().publish(event.key(), event.id(), event.json()).onComplete(confirmed);
      }
    }
    confirmed.handle(Future.succeededFuture());
  }

  /** The batch is acked when each other region's outbox has what this region accepted of it. */
  private void forward(CommentBatch batch) {
    if (!outboxes.used()) {
      return;
    }
    boolean own = false;
    List<ForwardedEvent> events = new ArrayList<>(batch.comments().size());
    for (PendingEvent comment : batch.comments()) {
      own |= comment.own();
      if (comment.own() && outboxes.wants(comment.stream(), comment.offset())) {
        events.add(comment.forwarded());
      }
    }
    if (own) {
      batch.expectAnswer();
      outboxes.put(
          events,
          () -> {
            batch.answered();
            pump();
          });
    }
  }

  /** Returns true if there was something to ack. */
  private boolean ackDone() {
    Delivery last = null;
    while (!batches.isEmpty() && batches.element().done()) {
      CommentBatch done = batches.remove();
      failing.acked();
      done.trace().end();
      last = done.last;
    }
    if (last != null && subscription != null && !closed) {
      subscription.ackThrough(last);
    }
    return last != null;
  }

  private void waitForRate() {
    if (!waitingForRate) {
      waitingForRate = true;
      d.metrics().limited.increment();
      d.vertx()
          .setTimer(
              d.rate().waitMillis(),
              t -> {
                waitingForRate = false;
                pump();
              });
    }
  }
}
