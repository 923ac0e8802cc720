package io.ovation.queue.typed;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.vertx.core.Context;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes items from arrival to ack or dead letter. Used on the consumer's context only. */
final class Worker implements Source.Sink, Endings.Place {

  private final Context context;
  private final Services services;
  private final int concurrency;
  private final InstantSource clock;
  private final Attempts attempts;
  private final Endings endings;
  private final KeyOrder<Work> keys = new KeyOrder<>();
  private final LaneTurns<Work> lanes = new LaneTurns<>();
  // Read by the scraper's thread.
  private volatile int running;
  private boolean pumping;
  private @Nullable Runnable whenIdle;

  Worker(
      Context context,
      Broker broker,
      Services services,
      List<ConsumerInterceptor> interceptors,
      int concurrency,
      InstantSource clock,
      Metrics metrics) {
    this.context = context;
    this.services = services;
    this.concurrency = concurrency;
    this.clock = clock;
    this.attempts = new Attempts(context, services, interceptors);
    var meters = new ConsumerMeters(metrics, services);
    this.endings = new Endings(new Departures(broker, context, meters), meters, this);
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
    if (whenIdle != null && running == 0 && endings.underWay() == 0) {
      Runnable idle = whenIdle;
      whenIdle = null;
      idle.run();
    }
  }

  @Override
  public void take(Source source, Delivery delivery) {
    Item<?> item;
    try {
      item = services.decode(delivery.body());
    } catch (PoisonItem e) {
      endings.poison(source, delivery, e);
      return;
    }
    Policy policy =
        PolicyHeaders.apply(
            item.method().policy(), item.meta().headers(), name -> endings.misread(item, name));
    Work work = new Work(source, delivery, item.withPolicy(policy));
    source.add(work);
    if (keys.enter(work.key(), work)) {
      go(work);
    } else {
      work.place = Work.Place.BEHIND;
    }
    pump();
  }

  @Override
  public void giveUp(List<Work> given) {
    for (Work work : given) {
      switch (work.place) {
        case BEHIND -> keys.remove(work.key(), work);
        case READY -> lanes.remove(work.source.lane(), work);
        case PAUSED -> context.owner().cancelTimer(work.timer);
        // A busy one leaves its key when it ends; its ack has no effect.
        case RUNNING, LEAVING, GONE -> {
          continue;
        }
      }
      boolean held = work.place != Work.Place.BEHIND;
      work.place = Work.Place.GONE;
      if (held) {
        next(work);
      }
    }
    pump();
  }

  /** The item holds its key: to its lane, or away if its time has not come. */
  private void go(Work work) {
    long now = clock.millis();
    long due = work.item.meta().notBeforeMs();
    if (due <= now) {
      ready(work);
    } else if (expired(work)) {
      endings.expired(work);
    } else if (due - now < Endings.LEAVES_MS) {
      pause(work, due - now);
    } else {
      // With a key too: what is not due has no place in its key's order yet.
      endings.putOff(work, due - now);
    }
  }

  private void ready(Work work) {
    work.place = Work.Place.READY;
    lanes.add(work.source.lane(), work);
  }

  @Override
  public void pause(Work work, long ms) {
    work.place = Work.Place.PAUSED;
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
    Work work;
    while (running < concurrency && (work = lanes.poll()) != null) {
      if (expired(work)) {
        endings.expired(work);
      } else {
        start(work);
      }
    }
    pumping = false;
  }

  private boolean expired(Work work) {
    return work.policy().expired(work.item.meta().createdAtMs(), clock.millis());
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the context's thread writes
  private void start(Work work) {
    work.place = Work.Place.RUNNING;
    running++;
    long begun = System.nanoTime();
    attempts
        .run(work.attempt(), work.policy().timeout())
        .onComplete(
            done -> {
              running--;
              long took = System.nanoTime() - begun;
              Tracing.logged(work.item.meta().headers(), () -> endings.ended(work, done, took));
              pump();
              checkIdle();
            });
  }

  @Override
  public void gone(Work work) {
    work.place = Work.Place.GONE;
    work.source.remove(work);
    next(work);
    pump();
    checkIdle();
  }

  /** The key's next item takes its place. */
  private void next(Work work) {
    Work next = keys.leave(work.key());
    if (next != null) {
      go(next);
    }
  }
}
