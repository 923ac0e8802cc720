package io.ovation.queue.typed.consumer;

import io.ovation.queue.Delivery;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.PoisonItem;
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
final class OutcomeHandler {
  private static final Logger log = LoggerFactory.getLogger(OutcomeHandler.class);
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
    void pause(InFlightItem work, long ms);

    /** It holds nothing any more. */
    void gone(InFlightItem work);

    /** Something that a stop waits for may have ended. */
    void checkIdle();
  }

  private final Redelivery redelivery;
  private final ConsumerMetrics meters;
  private final Place place;

  OutcomeHandler(Redelivery redelivery, ConsumerMetrics meters, Place place) {
    this.redelivery = redelivery;
    this.meters = meters;
    this.place = place;
  }

  /** How many items are on their way out. */
  int underWay() {
    return redelivery.underWay();
  }

  /** Nobody will ever read it. */
  void poison(PartitionSubscription source, Delivery delivery, PoisonItem why) {
    meters.poison.increment();
    log.warn("An item of {} is poison: {}", source.name(), why.getMessage());
    redelivery
        .bury(source, delivery, FailureDetails.of(String.valueOf(why.getMessage())))
        .onComplete(done -> place.checkIdle());
  }

  /** A header of it was not understood and has no effect. */
  void misread(Item<?> item, String header) {
    meters.misread.increment();
    log.debug(
        "{} {}: header {} has no effect: its value is invalid",
        item.method(),
        EnvelopeReader.shown(item.meta().id()),
        header);
  }

  /** Its time to live is over. */
  void expired(InFlightItem work) {
    bury(work, "expired: older than " + work.policy().ttl().toMillis() + " ms", null);
  }

  /** An attempt ended after {@code nanos}. */
  void ended(InFlightItem work, AsyncResult<Void> done, long nanos) {
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

  private void failed(InFlightItem work, Throwable cause) {
    work.failures++;
    if (cause instanceof PoisonItem) {
      bury(work, String.valueOf(cause.getMessage()), StackTraces.summary(cause));
    } else if (work.failures >= work.policy().maxAttempts()) {
      String reason = "failed " + work.failures + " times, at last with " + cause;
      bury(work, reason, StackTraces.summary(cause));
    } else {
      retry(work);
    }
  }

  private void retry(InFlightItem work) {
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
  void putOff(InFlightItem work, long ms) {
    work.place = InFlightItem.Place.LEAVING;
    redelivery
        .putOff(work, ms)
        .onComplete(
            done -> {
              if (done.succeeded() && work.source.holds(work)) {
                work.source.subscription().ack(work.delivery);
              }
              place.gone(work);
            });
  }

  private void bury(InFlightItem work, String reason, @Nullable String stack) {
    meters.dead(work).increment();
    ItemMetadata meta = work.item.meta();
    String cut = reason.length() <= REASON ? reason : reason.substring(0, REASON) + "…";
    log.warn(
        "{} {} is a dead letter: {}", work.item.method(), EnvelopeReader.shown(meta.id()), cut);
    redelivery
        .bury(
            work.source,
            work.delivery,
            new FailureDetails(cut, stack, work.failures, Math.max(0, meta.createdAtMs())))
        .onComplete(done -> place.checkIdle());
    place.gone(work);
  }
}
