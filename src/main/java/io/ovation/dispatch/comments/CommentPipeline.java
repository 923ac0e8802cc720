package io.ovation.dispatch.comments;

import io.ovation.dispatch.DispatchMetrics;
import io.ovation.dispatch.routing.BatchSender;
import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Subscription;
import io.ovation.queue.typed.PoisonItem;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's way from the queue to the nodes: gather, keep, send, await answers, ack; always
 * in the queue's order. All on the dispatcher's context.
 */
public final class CommentPipeline implements DeliveryHandler {
  private static final Logger log = LoggerFactory.getLogger(CommentPipeline.class);

  /** Batches under way at most; deliveries beyond wait, bounded by the subscription's prefetch. */
  private static final int BATCHES = 64;

  private static final long DEAD_LETTER_RETRY_MS = 1_000;

  private final Vertx vertx;
  private final int batch;
  private final RateLimiter rate;
  private final CommentDecoder reader;
  private final OffsetAllocator offsets;
  private final HistoryAppender appender;
  private final BatchSender batchSender;
  private final DispatchMetrics meters;

  private final Deque<Delivery> incoming = new ArrayDeque<>();
  private final Deque<CommentBatch> works = new ArrayDeque<>();
  private @Nullable Subscription subscription;
  private long resets;
  private boolean waitingForRate;
  private boolean closed;

  public CommentPipeline(
      Vertx vertx,
      int batch,
      RateLimiter rate,
      CommentDecoder reader,
      OffsetAllocator offsets,
      HistoryAppender appender,
      BatchSender batchSender,
      DispatchMetrics meters) {
    this.vertx = vertx;
    this.batch = batch;
    this.rate = rate;
    this.reader = reader;
    this.offsets = offsets;
    this.appender = appender;
    this.batchSender = batchSender;
    this.meters = meters;
  }

  /** What acks go to; set before the first delivery. */
  public void acks(Subscription to) {
    subscription = to;
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

  public void close() {
    closed = true;
    appender.close();
  }

  /** Moves everything that can move; what is acked makes room for what waits. */
  public void pump() {
    do {
      takeIn();
      sendReady();
    } while (ackDone());
  }

  private void takeIn() {
    while (!closed && !incoming.isEmpty() && works.size() < BATCHES && appender.wantsMore()) {
      int granted = rate.take(Math.min(incoming.size(), batch));
      if (granted == 0) {
        waitForRate();
        return;
      }
      CommentBatch work = gather(granted);
      works.add(work);
      appender.keep(work);
      sendReady();
    }
  }

  private CommentBatch gather(int count) {
    List<PendingComment> items = new ArrayList<>(count);
    List<Delivery> poison = new ArrayList<>(0);
    List<String> reasons = new ArrayList<>(0);
    boolean redelivered = false;
    Delivery last = incoming.element();
    for (int i = 0; i < count; i++) {
      last = incoming.remove();
      redelivered |= last.redelivered();
      try {
        CommentRequest comment = reader.read(last.body());
        items.add(new PendingComment(comment, offsets.next(comment.getStream())));
      } catch (PoisonItem e) {
        poison.add(last);
        reasons.add(String.valueOf(e.getMessage()));
      }
    }
    CommentBatch work = new CommentBatch(items, last, redelivered);
    for (int i = 0; i < poison.size(); i++) {
      work.waiting++;
      meters.poison.increment();
      deadLetter(work, poison.get(i), reasons.get(i), resets);
    }
    return work;
  }

  /** Until it is there, or the item will be delivered again anyway, its batch is not acked. */
  private void deadLetter(CommentBatch work, Delivery delivery, String reason, long resetsThen) {
    if (subscription == null || closed) {
      return;
    }
    subscription
        .deadLetter(delivery, reason)
        .onComplete(
            done -> {
              if (done.succeeded() || resets != resetsThen) {
                work.waiting--;
                pump();
              } else {
                log.warn("a poison item could not be dead-lettered yet", done.cause());
                vertx.setTimer(
                    DEAD_LETTER_RETRY_MS, t -> deadLetter(work, delivery, reason, resetsThen));
              }
            });
  }

  private void sendReady() {
    for (CommentBatch work : works) {
      if (work.sent) {
        continue;
      }
      if (closed || !work.ready || !batchSender.send(work)) {
        return;
      }
      appender.sent(work);
    }
  }

  /** True if there was something to ack. */
  private boolean ackDone() {
    Delivery last = null;
    while (!works.isEmpty() && works.element().done()) {
      last = works.remove().last;
    }
    if (last != null && subscription != null && !closed) {
      subscription.ackThrough(last);
    }
    return last != null;
  }

  private void waitForRate() {
    if (!waitingForRate) {
      waitingForRate = true;
      meters.limited.increment();
      vertx.setTimer(
          rate.waitMillis(),
          t -> {
            waitingForRate = false;
            pump();
          });
    }
  }
}
