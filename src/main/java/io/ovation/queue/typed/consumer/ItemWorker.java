package io.ovation.queue.typed.consumer;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.queue.typed.Tracing;
import io.ovation.queue.typed.consumer.InFlightItem.State;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes items from arrival to ack or dead letter, a bounded number at a time and one at a time per
 * key. Used on the consumer's context only.
 */
final class ItemWorker {
  private final Context context;
  private final ServiceRegistry services;
  private final int concurrency;
  private final InstantSource clock;
  private final OutcomeHandler outcomes;
  private final PerKeySerializer<InFlightItem> keys = new PerKeySerializer<>();
  private final WeightedRoundRobin<InFlightItem> lanes = new WeightedRoundRobin<>();
  // Read by the scraper's thread.
  private volatile int running;
  private boolean starting;
  private @Nullable Runnable whenIdle;

  ItemWorker(
      Context context,
      Broker broker,
      ServiceRegistry services,
      int concurrency,
      InstantSource clock,
      Metrics metrics) {
    this.context = context;
    this.services = services;
    this.concurrency = concurrency;
    this.clock = clock;
    this.outcomes =
        new OutcomeHandler(this, broker, context, new ConsumerMetrics(metrics, services));
  }

  int running() {
    return running;
  }

  /** Calls {@code idle} once, when no handler runs and no item is being moved. */
  void onIdle(Runnable idle) {
    whenIdle = idle;
    checkIdle();
  }

  /** A handler or a move that a stop waits for may have ended. */
  void checkIdle() {
    if (whenIdle != null && running == 0 && outcomes.inProgress() == 0) {
      Runnable idle = whenIdle;
      whenIdle = null;
      idle.run();
    }
  }

  void take(PartitionSubscription source, Delivery delivery) {
    Item<?> decoded;
    try {
      decoded = services.decode(delivery.body(), outcomes::invalidPolicy);
    } catch (PoisonItem e) {
      outcomes.poison(source, delivery, e);
      return;
    }
    InFlightItem item = new InFlightItem(source, delivery, decoded);
    source.unacked.add(item);
    if (keys.enter(item.key, item)) {
      schedule(item);
    } else {
      item.state = State.BLOCKED;
    }
    startReady();
  }

  /** These items will be delivered again, or go to another consumer. */
  void abandon(List<InFlightItem> items) {
    for (InFlightItem item : items) {
      switch (item.state) {
        case BLOCKED -> keys.remove(item.key, item);
        case READY -> lanes.remove(item.source.name.lane(), item);
        case PAUSED -> context.owner().cancelTimer(item.timer);
        // A busy one releases its key when it ends; its ack has no effect.
        case RUNNING, REQUEUING, DONE -> {
          continue;
        }
      }
      boolean heldKey = item.state != State.BLOCKED;
      item.state = State.DONE;
      if (heldKey) {
        releaseKey(item);
      }
    }
    startReady();
  }

  /** The item holds its key: it goes to its lane, or waits if its time has not come. */
  private void schedule(InFlightItem item) {
    long now = clock.millis();
    long wait = item.waitMs(now);
    if (wait <= 0) {
      ready(item);
    } else if (item.expired(now)) {
      outcomes.expired(item);
    } else if (wait < OutcomeHandler.REQUEUE_MS) {
      pause(item, wait);
    } else {
      // With a key too: an item that is not due has no place in its key's order yet.
      outcomes.requeue(item, wait);
    }
  }

  private void ready(InFlightItem item) {
    item.state = State.READY;
    lanes.add(item.source.name.lane(), item);
  }

  /** Makes the item ready after {@code ms}; until then it holds its key. */
  void pause(InFlightItem item, long ms) {
    item.state = State.PAUSED;
    item.timer = context.owner().setTimer(ms, t -> resume(item));
  }

  private void resume(InFlightItem item) {
    ready(item);
    startReady();
  }

  /** Starts as many items as may run. Ends of items call it again: one loop serves them all. */
  private void startReady() {
    if (starting) {
      return;
    }
    starting = true;
    InFlightItem item;
    while (running < concurrency && (item = lanes.poll()) != null) {
      if (item.expired(clock.millis())) {
        outcomes.expired(item);
      } else {
        start(item);
      }
    }
    starting = false;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void start(InFlightItem item) {
    item.state = State.RUNNING;
    running++;
    long start = System.nanoTime();
    attempt(item.item.withAttempt(item.failures))
        .onComplete(
            done -> {
              running--;
              long took = System.nanoTime() - start;
              Tracing.logged(item.item.meta(), () -> outcomes.ended(item, done, took));
              startReady();
              checkIdle();
            });
  }

  /**
   * Completes on the consumer's context. After the item's timeout it has failed, though the handler
   * may still run: nothing can stop it.
   */
  private Future<Void> attempt(Item<?> item) {
    Future<Void> answer = services.handle(item);
    if (answer.isComplete()) {
      // At tens of thousands a second, a timer and a hop for each are half the work. Not the answer
      // itself: it may belong to another context.
      return answer.succeeded() ? Future.succeededFuture() : Future.failedFuture(answer.cause());
    }
    Promise<Void> outcome = Contexts.promise(context);
    long ms = item.policy().timeout().toMillis();
    String late = item.method() + " did not complete in " + ms + " ms";
    long timer = context.owner().setTimer(ms, t -> outcome.tryFail(late));
    answer
        .onComplete(done -> context.owner().cancelTimer(timer))
        .onComplete(outcome::tryComplete, outcome::tryFail);
    return outcome.future();
  }

  /** The item is no longer this consumer's work: its key's next item takes its place. */
  void done(InFlightItem item) {
    item.state = State.DONE;
    item.source.unacked.remove(item);
    releaseKey(item);
    startReady();
    checkIdle();
  }

  private void releaseKey(InFlightItem item) {
    InFlightItem next = keys.leave(item.key);
    if (next != null) {
      schedule(next);
    }
  }
}
