package io.ovation.queue.typed.consumer;

import io.ovation.queue.Delivery;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.vertx.core.AsyncResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what happens to an item after an attempt, or instead of one: an ack, a retry here or by
 * way of the queue, or the dead letters. On the consumer's context.
 */
final class OutcomeHandler {
  private static final Logger log = LoggerFactory.getLogger(OutcomeHandler.class);

  /**
   * An item without a key goes back to the queue for pauses from this length on. For shorter ones a
   * publish costs more than the place that the item holds, and RabbitMQ counts delays in seconds.
   */
  static final long REQUEUE_MS = 1_000;

  private final ItemWorker worker;
  private final Redelivery redelivery;
  private final ConsumerMetrics metrics;

  OutcomeHandler(ItemWorker worker, Redelivery redelivery, ConsumerMetrics metrics) {
    this.worker = worker;
    this.redelivery = redelivery;
    this.metrics = metrics;
  }

  /** How many items are being moved to the dead letters or back to the queue. */
  int inProgress() {
    return redelivery.inProgress();
  }

  /** The item can't be decoded, so it is dead-lettered without an attempt. */
  void poison(PartitionSubscription source, Delivery delivery, PoisonItem cause) {
    metrics.poison.increment();
    log.warn(
        "Moving an item of {} that can't be read to the dead letters: {}",
        source.name,
        cause.getMessage());
    redelivery
        .deadLetter(source, delivery, FailureDetails.of(String.valueOf(cause.getMessage())))
        .onComplete(done -> worker.checkIdle());
  }

  /** A value of the item's policy is ignored. */
  void invalidPolicy(Item<?> item, String rule) {
    metrics.invalidPolicy.increment();
    log.debug("Ignoring a value of the policy of an item of {}: {}", item.method(), rule);
  }

  /** The item is older than its time to live. */
  void expired(InFlightItem item) {
    deadLetter(item, "expired: older than " + item.item.policy().ttl().toMillis() + " ms", null);
  }

  /** An attempt ended after {@code nanos}. */
  void ended(InFlightItem item, AsyncResult<Void> attempt, long nanos) {
    ConsumerMetrics.MethodMetrics meters = metrics.of(item.item.method());
    if (attempt.succeeded()) {
      meters.handled().record(nanos, TimeUnit.NANOSECONDS);
      ack(item);
    } else if (item.source.released) {
      // The queue has it back as it was before this attempt: nothing to count, nothing to move.
      worker.done(item);
    } else {
      meters.failed().increment();
      if (item.held()) {
        failed(item, attempt.cause(), meters);
      } else {
        worker.done(item);
      }
    }
  }

  private void ack(InFlightItem item) {
    if (item.held()) {
      item.source.subscription.ack(item.delivery);
    }
    worker.done(item);
  }

  private void failed(InFlightItem item, Throwable cause, ConsumerMetrics.MethodMetrics meters) {
    item.failures++;
    if (cause instanceof PoisonItem) {
      deadLetter(item, String.valueOf(cause.getMessage()), cause);
      return;
    }
    if (item.failures >= item.item.policy().maxAttempts()) {
      deadLetter(item, "failed " + item.failures + " times, last error: " + cause, cause);
      return;
    }
    long pause = item.item.policy().backoff().pauseMs(item.failures);
    if (item.key.isEmpty() && pause >= REQUEUE_MS) {
      meters.retried().increment();
      requeue(item, pause);
    } else if (item.source.draining) {
      // Unacked, it goes to the next consumer when the subscription ends.
      worker.done(item);
    } else {
      meters.retried().increment();
      worker.pause(item, Math.min(pause, QueueConsumer.MAX_HOLD.toMillis()));
    }
  }

  /** Sends the item back to the queue, to come again in {@code ms} milliseconds. */
  void requeue(InFlightItem item, long ms) {
    item.state = InFlightItem.State.REQUEUING;
    log.debug("Requeuing {} for {} ms", item, ms);
    redelivery
        .requeue(item, ms)
        .onComplete(
            moved -> {
              if (moved.succeeded()) {
                ack(item);
              } else {
                worker.done(item);
              }
            });
  }

  private void deadLetter(InFlightItem item, String reason, @Nullable Throwable cause) {
    metrics.of(item.item.method()).dead().increment();
    var failure =
        new FailureDetails(
            reason, stackTrace(cause), item.failures, Math.max(0, item.item.meta().createdAtMs()));
    log.warn("Moving {} to the dead letters: {}", item, failure.reason());
    redelivery
        .deadLetter(item.source, item.delivery, failure)
        .onComplete(done -> worker.checkIdle());
    worker.done(item);
  }

  /** Null for a failure without frames. FailureDetails cuts the text. */
  private static @Nullable String stackTrace(@Nullable Throwable failure) {
    if (failure == null || (failure.getStackTrace().length == 0 && failure.getCause() == null)) {
      return null;
    }
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
