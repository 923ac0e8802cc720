package io.ovation.queue.typed;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Delivery;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Takes items from arrival to ack or dead letter. Used on the consumer's context only. */
final class Worker implements Source.Sink {
  // A dead letter's reason is read by people; a handler's message may be a page.
  private static final int REASON = 500;

  private final Context context;
  private final Contract contract;
  private final int concurrency;
  private final InstantSource clock;
  private final Attempts attempts;
  private final Burial burial;
  private final ConsumerMeters meters;
  private final KeyOrder<Work> keys = new KeyOrder<>();
  private final LaneTurns<Work> lanes = new LaneTurns<>();
  // Read by the scraper's thread.
  private volatile int running;
  private @Nullable Runnable whenIdle;

  Worker(
      Context context,
      Registration registration,
      int concurrency,
      InstantSource clock,
      Metrics metrics) {
    this.context = context;
    this.contract = registration.contract();
    this.concurrency = concurrency;
    this.clock = clock;
    this.attempts = new Attempts(context, registration);
    this.meters = new ConsumerMeters(metrics, contract);
    this.burial = new Burial(context, meters.unburied::increment);
  }

  int running() {
    return running;
  }

  /** Calls {@code idle} once, when no handler runs. */
  void onIdle(Runnable idle) {
    if (running == 0) {
      idle.run();
    } else {
      whenIdle = idle;
    }
  }

  @Override
  public void take(Source source, Delivery delivery) {
    Item<?> item;
    try {
      item = contract.decode(delivery.body());
    } catch (PoisonItem e) {
      meters.poison.increment();
      burial.bury(source, delivery, String.valueOf(e.getMessage()));
      return;
    }
    Work work = new Work(source, delivery, item);
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
        // A running one leaves its key when it ends; its ack has no effect.
        case RUNNING, GONE -> {
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

  /** The item holds its key: to its lane, or to a pause if its time has not come. */
  private void go(Work work) {
    long early = work.item.meta().notBeforeMs() - clock.millis();
    if (early > 0) {
      pause(work, early);
    } else {
      ready(work);
    }
  }

  private void ready(Work work) {
    work.place = Work.Place.READY;
    lanes.add(work.source.lane(), work);
  }

  private void pause(Work work, long ms) {
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

  private void pump() {
    while (running < concurrency) {
      Work work = lanes.poll();
      if (work == null) {
        return;
      }
      if (work.policy().expired(work.item.meta().createdAtMs(), clock.millis())) {
        bury(work, "expired: older than " + work.policy().ttl().toMillis() + " ms");
      } else {
        start(work);
      }
    }
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
              ended(work, done, System.nanoTime() - begun);
              pump();
              if (running == 0 && whenIdle != null) {
                whenIdle.run();
                whenIdle = null;
              }
            });
  }

  private void ended(Work work, AsyncResult<Void> done, long nanos) {
    if (done.succeeded()) {
      meters.handled(work).record(nanos, TimeUnit.NANOSECONDS);
    } else {
      meters.failed(work).increment();
    }
    if (!work.source.holds(work)) {
      work.place = Work.Place.GONE;
      next(work);
    } else if (done.succeeded()) {
      work.source.subscription().ack(work.delivery);
      gone(work);
    } else {
      failed(work, done.cause());
    }
  }

  private void failed(Work work, Throwable cause) {
    work.failures++;
    if (cause instanceof PoisonItem) {
      bury(work, String.valueOf(cause.getMessage()));
    } else if (work.failures >= work.policy().maxAttempts()) {
      bury(work, "failed " + work.failures + " times, at last with " + cause);
    } else if (work.source.closed()) {
      // Unacked, it goes to the next consumer when the subscription ends.
      gone(work);
    } else {
      pause(work, work.policy().backoff().pauseMs(work.failures, ThreadLocalRandom.current()));
    }
  }

  private void bury(Work work, String reason) {
    meters.dead(work).increment();
    burial.bury(
        work.source,
        work.delivery,
        reason.length() <= REASON ? reason : reason.substring(0, REASON) + "…");
    gone(work);
  }

  private void gone(Work work) {
    work.place = Work.Place.GONE;
    work.source.remove(work);
    next(work);
  }

  /** The key's next item takes its place. */
  private void next(Work work) {
    Work next = keys.leave(work.key());
    if (next != null) {
      go(next);
    }
  }
}
