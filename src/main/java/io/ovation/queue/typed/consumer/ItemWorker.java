package io.ovation.queue.typed.consumer;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.queue.typed.Policy;
import io.ovation.queue.typed.PolicyHeaders;
import io.ovation.queue.typed.Tracing;
import io.vertx.core.Context;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes items from arrival to ack or dead letter. Used on the consumer's context only. */
final class ItemWorker implements PartitionSubscription.Sink, OutcomeHandler.Place {

  private final Context context;
  private final ServiceRegistry services;
  private final int concurrency;
  private final InstantSource clock;
  private final HandlerInvoker attempts;
  private final OutcomeHandler outcomes;
  private final PerKeySerializer<InFlightItem> keys = new PerKeySerializer<>();
  private final WeightedRoundRobin<InFlightItem> lanes = new WeightedRoundRobin<>();
  // Read by the scraper's thread.
  private volatile int running;
  private boolean pumping;
  private @Nullable Runnable whenIdle;

  ItemWorker(
      Context context,
      Broker broker,
      ServiceRegistry services,
      List<ConsumerInterceptor> interceptors,
      int concurrency,
      InstantSource clock,
      Metrics metrics) {
    this.context = context;
    this.services = services;
    this.concurrency = concurrency;
    this.clock = clock;
    this.attempts = new HandlerInvoker(context, services, interceptors);
    var meters = new ConsumerMetrics(metrics, services);
    this.outcomes = new OutcomeHandler(new Redelivery(broker, context, meters), meters, this);
  }

  int running() {
    return running;
  }

  /** Calls {@code idle} once, when no handler runs and nothing is on its way out. */
  void onIdle(Runnable idle) {
    whenIdle = idle;
    checkIdle();
  }

  @Override
  public void checkIdle() {
    if (whenIdle != null && running == 0 && outcomes.underWay() == 0) {
      Runnable idle = whenIdle;
      whenIdle = null;
      idle.run();
    }
  }

  @Override
  public void take(PartitionSubscription source, Delivery delivery) {
    Item<?> item;
    try {
      item = services.decode(delivery.body());
    } catch (PoisonItem e) {
      outcomes.poison(source, delivery, e);
      return;
    }
    Policy policy =
        PolicyHeaders.apply(
            item.method().policy(), item.meta().headers(), name -> outcomes.misread(item, name));
    InFlightItem work = new InFlightItem(source, delivery, item.withPolicy(policy));
    source.add(work);
    if (keys.enter(work.key(), work)) {
      go(work);
    } else {
      work.place = InFlightItem.Place.BEHIND;
    }
    pump();
  }

  @Override
  public void giveUp(List<InFlightItem> given) {
    for (InFlightItem work : given) {
      switch (work.place) {
        case BEHIND -> keys.remove(work.key(), work);
        case READY -> lanes.remove(work.source.lane(), work);
        case PAUSED -> context.owner().cancelTimer(work.timer);
        // A busy one leaves its key when it ends; its ack has no effect.
        case RUNNING, LEAVING, GONE -> {
          continue;
        }
      }
      boolean held = work.place != InFlightItem.Place.BEHIND;
      work.place = InFlightItem.Place.GONE;
      if (held) {
        next(work);
      }
    }
    pump();
  }

  /** The item holds its key: to its lane, or away if its time has not come. */
  private void go(InFlightItem work) {
    long now = clock.millis();
    long due = work.item.meta().notBeforeMs();
    if (due <= now) {
      ready(work);
    } else if (expired(work)) {
      outcomes.expired(work);
    } else if (due - now < OutcomeHandler.LEAVES_MS) {
      pause(work, due - now);
    } else {
      // With a key too: what is not due has no place in its key's order yet.
      outcomes.putOff(work, due - now);
    }
  }

  private void ready(InFlightItem work) {
    work.place = InFlightItem.Place.READY;
    lanes.add(work.source.lane(), work);
  }

  @Override
  public void pause(InFlightItem work, long ms) {
    work.place = InFlightItem.Place.PAUSED;
    work.timer =
        context
            .owner()
            .setTimer(
                ms,
                t -> {
                  ready(work);
                  pump();
                });
  }

  /**
   * Starts what there is room for. What it ends on the way asks for more of it: one loop serves.
   */
  private void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    InFlightItem work;
    while (running < concurrency && (work = lanes.poll()) != null) {
      if (expired(work)) {
        outcomes.expired(work);
      } else {
        start(work);
      }
    }
    pumping = false;
  }

  private boolean expired(InFlightItem work) {
    return work.policy().expired(work.item.meta().createdAtMs(), clock.millis());
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void start(InFlightItem work) {
    work.place = InFlightItem.Place.RUNNING;
    running++;
    long begun = System.nanoTime();
    attempts
        .run(work.attempt(), work.policy().timeout())
        .onComplete(
            done -> {
              running--;
              long took = System.nanoTime() - begun;
              Tracing.logged(work.item.meta().headers(), () -> outcomes.ended(work, done, took));
              pump();
              checkIdle();
            });
  }

  @Override
  public void gone(InFlightItem work) {
    work.place = InFlightItem.Place.GONE;
    work.source.remove(work);
    next(work);
    pump();
    checkIdle();
  }

  /** The key's next item takes its place. */
  private void next(InFlightItem work) {
    InFlightItem next = keys.leave(work.key());
    if (next != null) {
      go(next);
    }
  }
}
