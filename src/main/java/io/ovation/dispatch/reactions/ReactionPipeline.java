package io.ovation.dispatch.reactions;

import io.ovation.dispatch.DispatchMetrics;
import io.ovation.dispatch.DispatchVerticle;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store;
import io.ovation.store.Store.Added;
import io.ovation.store.Store.Reactions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's reactions from the queue to the store and to the viewers. What comes within a
 * window is added to the totals at once, then acked, then told: one message per stream and window,
 * however many reactions and ingress nodes. A window begins with the first batch after the one
 * before was told, so that a stream's viewers are told at most once per window.
 *
 * <p>While the store is away batches wait in the queue, a prefetch of them here. All on the
 * dispatcher's context.
 */
final class ReactionPipeline implements DeliveryHandler {
  private static final Logger log = LoggerFactory.getLogger(ReactionPipeline.class);

  /** Unacked batches; the same on every node. They are some kilobytes, at most a megabyte. */
  private static final int PREFETCH = 200;

  /** So many don't wait for the window to end. */
  private static final int BATCHES = PREFETCH / 2;

  /** Counts in one call of the store, which serves nobody else meanwhile. */
  private static final int COUNTS = 5_000;

  private static final long RETRY_MIN_MS = 100;
  private static final long RETRY_MAX_MS = 2_000;

  private final Vertx vertx;
  private final Store store;
  private final int partition;
  private final long epoch;
  private final long windowMs;
  private final Duration ttl;
  private final ReactionDecoder reader;
  private final ReactionTotals totals;
  private final DispatchMetrics meters;
  private final Runnable stale;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable Subscription subscription;
  private long resets;

  /** A window is under way. */
  private boolean open;

  /** It is over. */
  private boolean due;

  private boolean adding;
  private boolean closed;

  private record Waiting(Delivery delivery, Reactions batch) {}

  /**
   * @param window from a stream's first new reaction until its viewers are told
   * @param ttl how long totals live
   * @param stale called when a newer owner has come
   */
  ReactionPipeline(
      Vertx vertx,
      Store store,
      int partition,
      long epoch,
      Duration window,
      Duration ttl,
      ReactionDecoder reader,
      ReactionTotals totals,
      DispatchMetrics meters,
      Runnable stale) {
    this.vertx = vertx;
    this.store = store;
    this.partition = partition;
    this.epoch = epoch;
    this.windowMs = window.toMillis();
    this.ttl = ttl;
    this.reader = reader;
    this.totals = totals;
    this.meters = meters;
    this.stale = stale;
  }

  void open(Broker broker) {
    QueueName queue = new QueueName(DispatchVerticle.REACTIONS, Lane.NORMAL, partition);
    subscription = broker.consume(queue, PREFETCH, this);
  }

  Future<Void> close() {
    closed = true;
    return subscription == null ? Future.succeededFuture() : subscription.close();
  }

  @Override
  public void deliver(List<Delivery> items) {
    for (Delivery item : items) {
      try {
        waiting.add(new Waiting(item, reader.read(item.body())));
      } catch (PoisonItem e) {
        meters.poison.increment();
        bury(item, String.valueOf(e.getMessage()), resets);
      }
    }
    begin();
    pump();
  }

  @Override
  public void reset() {
    waiting.clear();
    resets++;
  }

  private void begin() {
    if (!open && !closed && !waiting.isEmpty()) {
      open = true;
      vertx.setTimer(
          windowMs,
          t -> {
            due = true;
            pump();
          });
    }
  }

  private void pump() {
    if (closed || adding) {
      return;
    }
    if (!waiting.isEmpty() && (due || waiting.size() >= BATCHES)) {
      adding = true;
      add(gather(), RETRY_MIN_MS);
    } else if (due) {
      tell();
    }
  }

  private List<Waiting> gather() {
    List<Waiting> taken = new ArrayList<>();
    int counts = 0;
    while (!waiting.isEmpty() && counts < COUNTS && taken.size() < BATCHES) {
      Waiting next = waiting.remove();
      counts += next.batch().counts().values().stream().mapToInt(of -> of.size()).sum();
      taken.add(next);
    }
    return taken;
  }

  /** Until it is added or refused: the store knows what it has added by its number. */
  private void add(List<Waiting> batches, long retryMs) {
    List<Reactions> counts = batches.stream().map(Waiting::batch).toList();
    store
        .addReactions(partition, epoch, counts, ttl)
        .onComplete(
            done -> {
              if (closed) {
                return;
              }
              if (done.succeeded()) {
                added(batches, done.result());
              } else if (done.cause() instanceof StaleEpoch) {
                stale.run();
              } else {
                meters.reactionRetries.increment();
                vertx.setTimer(retryMs, t -> retry(batches, Math.min(RETRY_MAX_MS, 2 * retryMs)));
              }
            });
  }

  private void retry(List<Waiting> batches, long retryMs) {
    if (!closed) {
      add(batches, retryMs);
    }
  }

  private void added(List<Waiting> batches, Added answer) {
    for (int i = 0; i < batches.size(); i++) {
      Waiting batch = batches.get(i);
      if (subscription != null) {
        subscription.ack(batch.delivery());
      }
      boolean known = answer.known().get(i);
      (known ? meters.reactionsKnown : meters.reactionBatches).increment();
      totals.added(batch.batch(), known, answer.totals());
    }
    adding = false;
    if (due) {
      tell();
    }
    pump();
  }

  private void tell() {
    due = false;
    open = false;
    meters.reactionPushes.increment(totals.tell());
    begin();
  }

  /** The item goes on to come again until it lies with the dead letters; others don't wait. */
  private void bury(Delivery item, String reason, long resetsThen) {
    if (subscription == null || closed || resets != resetsThen) {
      return;
    }
    subscription
        .deadLetter(item, reason)
        .onFailure(
            e -> {
              log.warn("a poison item of reactions could not be dead-lettered yet", e);
              vertx.setTimer(RETRY_MAX_MS, t -> bury(item, reason, resetsThen));
            });
  }
}
