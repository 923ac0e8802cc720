package io.ovation.queue.typed;

import io.ovation.queue.Death;
import io.ovation.queue.Delivery;
import io.vertx.core.AsyncResult;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of an item after an attempt, or when none is to be made: acked, tried again here or
 * later, or given up. On the consumer's context.
 */
final class Endings {
  private static final Logger log = LoggerFactory.getLogger(Endings.class);
  // A dead letter's reason is read by people; a handler's message may be a page.
  private static final int REASON = 500;

  /**
   * An item without a key that waits so long leaves the consumer. Below it a publish costs more
   * than the place that the item holds, and RabbitMQ counts its delays in seconds.
   */
  static final long LEAVES_MS = 1_000;

  /** The consumer's inside, as far as an ending changes it. */
  interface Place {
    /** Ready again after {@code ms}; until then it holds its key. */
    void pause(Work work, long ms);

    /** It holds nothing any more. */
    void gone(Work work);

    /** Something that a stop waits for may have ended. */
    void checkIdle();
  }

  private final Departures departures;
  private final ConsumerMeters meters;
  private final Place place;

  Endings(Departures departures, ConsumerMeters meters, Place place) {
    this.departures = departures;
    this.meters = meters;
    this.place = place;
  }

  /** How many items are on their way out. */
  int underWay() {
    return departures.underWay();
  }

  /** Nobody will ever read it. */
  void poison(Source source, Delivery delivery, PoisonItem why) {
    meters.poison.increment();
    log.warn("An item of {} is poison: {}", source.name(), why.getMessage());
    departures
        .bury(source, delivery, Death.of(String.valueOf(why.getMessage())))
        .onComplete(done -> place.checkIdle());
  }

  /** A header of it was not understood and has no effect. */
  void misread(Item<?> item, String header) {
    meters.misread.increment();
    log.debug(
        "{} {}: header {} has no effect: its value is invalid",
        item.method(),
        Envelopes.shown(item.meta().id()),
        header);
  }

  /** Its time to live is over. */
  void expired(Work work) {
    bury(work, "expired: older than " + work.policy().ttl().toMillis() + " ms", null);
  }

  /** An attempt ended after {@code nanos}. */
  void ended(Work work, AsyncResult<Void> done, long nanos) {
    if (done.failed() && work.source.released()) {
      // It is with the queue again, as it was before this attempt: nothing to count, nothing to
      // move.
      place.gone(work);
      return;
    }
    if (done.succeeded()) {
      meters.handled(work).record(nanos, TimeUnit.NANOSECONDS);
    } else {
      meters.failed(work).increment();
    }
    if (!work.source.holds(work)) {
      place.gone(work);
    } else if (done.succeeded()) {
      work.source.subscription().ack(work.delivery);
      place.gone(work);
    } else {
      failed(work, done.cause());
    }
  }

  private void failed(Work work, Throwable cause) {
    work.failures++;
    if (cause instanceof PoisonItem) {
      bury(work, String.valueOf(cause.getMessage()), Stacks.summary(cause));
    } else if (work.failures >= work.policy().maxAttempts()) {
      String reason = "failed " + work.failures + " times, at last with " + cause;
      bury(work, reason, Stacks.summary(cause));
    } else {
      retry(work);
    }
  }

  private void retry(Work work) {
    long pause = work.policy().backoff().pauseMs(work.failures, ThreadLocalRandom.current());
    if (work.key().isEmpty() && pause >= LEAVES_MS && !work.source.released()) {
      meters.retried(work).increment();
      putOff(work, pause);
    } else if (work.source.closed()) {
      // Unacked, it goes to the next consumer when the subscription ends.
      place.gone(work);
    } else {
      meters.retried(work).increment();
      place.pause(work, Math.min(pause, QueueConsumer.MAX_HOLD.toMillis()));
    }
  }

  /** Back to the queue, to come again in {@code ms} milliseconds. */
  void putOff(Work work, long ms) {
    work.place = Work.Place.LEAVING;
    departures
        .putOff(work, ms)
        .onComplete(
            done -> {
              if (done.succeeded() && work.source.holds(work)) {
                work.source.subscription().ack(work.delivery);
              }
              place.gone(work);
            });
  }

  private void bury(Work work, String reason, @Nullable String stack) {
    meters.dead(work).increment();
    Meta meta = work.item.meta();
    String cut = reason.length() <= REASON ? reason : reason.substring(0, REASON) + "…";
    log.warn("{} {} is a dead letter: {}", work.item.method(), Envelopes.shown(meta.id()), cut);
    departures
        .bury(
            work.source,
            work.delivery,
            new Death(cut, stack, work.failures, Math.max(0, meta.createdAtMs())))
        .onComplete(done -> place.checkIdle());
    place.gone(work);
  }
}
