package io.ovation.dispatch.reactions;

import com.google.protobuf.Message;
import io.ovation.async.Backoff;
import io.ovation.dispatch.DispatchContext;
import io.ovation.dispatch.PartitionFailureHandler;
import io.ovation.dispatch.outbox.Outboxes;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.ReactionsQueue;
import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamTotals;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Added;
import io.ovation.store.Store.Reactions;
import io.ovation.store.StoreRefused;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one partition's reactions from the queue to the store and to the viewers. What arrives
 * within a window is added to the totals in one call, then acked, then sent: one message per stream
 * and window, regardless of the number of reactions and ingress nodes. A window begins with the
 * first batch after the previous one was sent, so that viewers get at most one message per window.
 *
 * <p>What other regions' streams are like arrives on the same queue. This region's own totals are
 * put into the outboxes of the other regions before their batches are acked.
 *
 * <p>While the store is unavailable batches wait in the queue, and up to the prefetch here. All on
 * the dispatcher's context.
 */
public final class ReactionPipeline implements DeliveryHandler {
  private static final Logger log = LoggerFactory.getLogger(ReactionPipeline.class);

  /** Unacked batches; the same on every node. They are some kilobytes, at most a megabyte. */
  private static final int PREFETCH = 200;

  /** This many batches are added before the window ends. */
  private static final int MAX_BATCHES = PREFETCH / 2;

  /** Counts in one call of the store, which blocks it for everybody else. */
  private static final int MAX_COUNTS = 5_000;

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0);

  private static final long DEAD_LETTER_RETRY_MS = 2_000;

  /**
   * A batch that the store has refused this often by itself is given up. For a minute after that,
   * one refusal is enough: the others must not wait for each batch of the same stream.
   */
  static final int REFUSALS = 5;

  private static final long IMPATIENT_MS = 60_000;

  private enum Window {
    CLOSED,
    OPEN,
    /** Its time has passed, but not everything is added and sent. */
    ENDED
  }

  private final DispatchContext d;
  private final int partition;
  private final long epoch;
  private final ReactionDecoder decoder;
  private final ReactionTotalsCache totals;
  private final Outboxes outboxes;
  private final RemoteStateChecks checks;
  private final RemoteStates arrived;
  private final PartitionFailureHandler guard;

  /** Own totals that the other regions do not have yet, and the batches that are in them. */
  private final Map<String, StreamTotals> unforwarded = new LinkedHashMap<>();

  private final List<Delivery> unacked = new ArrayList<>();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable Subscription subscription;

  /** How often the subscription was reset: what was delivered before comes again. */
  private long resets;

  private Window window = Window.CLOSED;
  private boolean adding;

  /** Batches that are still to be added one at a time, for the store refused one of them. */
  private int alone;

  private long impatientUntil;

  private boolean closed;

  private record Waiting(Delivery delivery, Reactions batch) {}

  public ReactionPipeline(
      DispatchContext context,
      int partition,
      long epoch,
      ReactionTotalsCache totals,
      BiConsumer<String, StreamPresence> presence,
      Outboxes outboxes,
      PartitionFailureHandler guard) {
    this.d = context;
    this.partition = partition;
    this.epoch = epoch;
    this.decoder = new ReactionDecoder(d.partitions(), partition);
    this.checks = new RemoteStateChecks(d.partitions(), partition, d.regions().own());
    this.arrived = new RemoteStates(d, partition, epoch, totals, presence, guard);
    this.totals = totals;
    this.outboxes = outboxes;
    this.guard = guard;
  }

  /** Begins to consume. */
  public void open(QueueName queue) {
    subscription = d.broker().consume(queue, PREFETCH, this);
  }

  /** Forgets everything; unacked items go to the next owner. Completes when the channel closed. */
  public Future<Void> close() {
    closed = true;
    arrived.close();
    waiting.clear();
    return subscription == null ? Future.succeededFuture() : subscription.close();
  }

  @Override
  public void deliver(List<Delivery> items) {
    guard.run(
        () -> {
          items.forEach(this::take);
          openWindow();
          pump();
        });
  }

  @SuppressWarnings("CatchThrowable") // an Error, too, ends this item only
  private void take(Delivery item) {
    try {
      Message request = ReactionsQueue.contract().decode(item.body()).request();
      if (request instanceof ForwardedStates states) {
        arrive(item, states);
      } else {
        waiting.add(new Waiting(item, decoder.decode((ReactionBatch) request)));
      }
    } catch (PoisonItem e) {
      deadLetter(item, String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      log.error("an item of reactions could not be decoded: it is dead-lettered", e);
      deadLetter(item, e.toString());
    }
  }

  private void arrive(Delivery item, ForwardedStates states) {
    checks.check(states);
    arrived
        .take(states)
        .onSuccess(
            guard.wrap(
                v -> {
                  ack(item);
                  openWindow();
                }));
  }

  private void ack(Delivery item) {
    if (subscription != null && !closed) {
      subscription.ack(item);
    }
  }

  @Override
  public void reset() {
    waiting.clear();
    resets++;
  }

  private void openWindow() {
    if (window == Window.CLOSED && !closed && !(waiting.isEmpty() && totals.allSent())) {
      window = Window.OPEN;
      d.vertx().setTimer(d.reactions().window().toMillis(), guard.wrap(t -> endWindow()));
    }
  }

  private void endWindow() {
    window = Window.ENDED;
    pump();
  }

  private void pump() {
    if (closed || adding) {
      return;
    }
    boolean ended = window == Window.ENDED;
    if (!waiting.isEmpty() && (ended || alone > 0 || waiting.size() >= MAX_BATCHES)) {
      adding = true;
      add(gather(), 1);
    } else if (ended) {
      send();
    }
  }

  private List<Waiting> gather() {
    List<Waiting> taken = new ArrayList<>();
    int counts = 0;
    int most = alone > 0 ? 1 : MAX_BATCHES;
    while (!waiting.isEmpty() && counts < MAX_COUNTS && taken.size() < most) {
      Waiting next = waiting.remove();
      counts += next.batch().counts().values().stream().mapToInt(of -> of.size()).sum();
      taken.add(next);
    }
    return taken;
  }

  /** Repeated until the store answers: it knows by their numbers what it has added. */
  private void add(List<Waiting> batches, int attempt) {
    List<Reactions> counts = batches.stream().map(Waiting::batch).toList();
    Future<Added> added;
    try {
      added = d.store().addReactions(partition, epoch, counts, d.reactions().ttl());
    } catch (RuntimeException e) {
      added = Future.failedFuture(new StoreRefused(e.toString()));
    }
    added.onComplete(guard.wrap(answer -> answered(batches, attempt, answer)));
  }

  private void answered(List<Waiting> batches, int attempt, AsyncResult<Added> answer) {
    if (closed) {
      return;
    }
    if (answer.succeeded()) {
      added(batches, answer.result());
    } else if (answer.cause() instanceof StaleEpoch) {
      guard.fail(answer.cause());
    } else if (answer.cause() instanceof StoreRefused && batches.size() > 1) {
      log.warn("the store refused {} batches of reactions: each is added alone", batches.size());
      Collections.reverse(batches);
      batches.forEach(waiting::addFirst);
      alone = batches.size();
      addNext();
    } else if (answer.cause() instanceof StoreRefused refusal
        && attempt >= (impatient() ? 1 : REFUSALS)) {
      impatientUntil = d.monotonicMillis().getAsLong() + IMPATIENT_MS;
      alone = Math.max(0, alone - 1);
      giveUp(batches.get(0), refusal);
      addNext();
    } else {
      d.metrics().reactionRetries.increment();
      d.vertx().setTimer(BACKOFF.pauseMs(attempt), guard.wrap(t -> retry(batches, attempt + 1)));
    }
  }

  private boolean impatient() {
    return d.monotonicMillis().getAsLong() < impatientUntil;
  }

  private void retry(List<Waiting> batches, int attempt) {
    if (!closed) {
      add(batches, attempt);
    }
  }

  private void added(List<Waiting> batches, Added answer) {
    for (int i = 0; i < batches.size(); i++) {
      try {
        added(batches.get(i), answer.known().get(i), answer.totals());
      } catch (RuntimeException e) {
        giveUp(batches.get(i), e);
      }
    }
    alone = Math.max(0, alone - batches.size());
    addNext();
  }

  private void added(Waiting batch, boolean known, Map<String, Map<String, Long>> now) {
    (known ? d.metrics().reactionDuplicates : d.metrics().reactionBatches).increment();
    totals.added(batch.batch(), known, now);
    forward(batch, now);
  }

  /** One batch must not end, or hold up, its partition again and again. */
  private void giveUp(Waiting batch, Throwable cause) {
    log.error("a batch of reactions could not be added: it is dead-lettered", cause);
    deadLetter(batch.delivery(), String.valueOf(cause.getMessage()));
  }

  private void addNext() {
    adding = false;
    if (unacked.size() >= MAX_BATCHES) {
      putTotals();
    }
    if (window == Window.ENDED) {
      send();
    }
    pump();
  }

  private void send() {
    window = Window.CLOSED;
    putTotals();
    d.metrics().reactionPushes.increment(totals.sendChanged());
    openWindow();
  }

  /** The batch is acked when each other region's outbox has the totals that hold it. */
  private void forward(Waiting batch, Map<String, Map<String, Long>> now) {
    if (!outboxes.used()) {
      ack(batch.delivery());
      return;
    }
    for (String stream : batch.batch().counts().keySet()) {
      Map<String, Long> own = RegionTotals.own(now.getOrDefault(stream, Map.of()));
      unforwarded.put(
          stream, StreamTotals.newBuilder().setStream(stream).putAllTotals(own).build());
    }
    unacked.add(batch.delivery());
  }

  private void putTotals() {
    if (unacked.isEmpty()) {
      return;
    }
    List<Delivery> batches = List.copyOf(unacked);
    List<StreamTotals> changed = List.copyOf(unforwarded.values());
    unacked.clear();
    unforwarded.clear();
    outboxes.putTotals(changed, () -> batches.forEach(this::ack));
  }

  private void deadLetter(Delivery item, String reason) {
    d.metrics().poison.increment();
    deadLetter(item, reason, resets);
  }

  /** Retried until it is dead-lettered, or will be delivered again anyway. Others do not wait. */
  private void deadLetter(Delivery item, String reason, long resetsThen) {
    if (subscription == null || closed || resets != resetsThen) {
      return;
    }
    subscription
        .deadLetter(item, reason)
        .onFailure(
            e -> {
              log.warn("a poison item of reactions could not be dead-lettered; retrying", e);
              d.vertx()
                  .setTimer(
                      DEAD_LETTER_RETRY_MS, guard.wrap(t -> deadLetter(item, reason, resetsThen)));
            });
  }
}
