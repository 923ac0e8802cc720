package io.ovation.queue.typed.consumer;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Backoff;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueName;
import io.ovation.queue.typed.Envelope;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.vertx.Contexts;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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

  // The broker is unavailable or full; 30 s keep the log readable.
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(30), 0);

  private final ItemWorker worker;
  private final Broker broker;
  private final Context context;
  private final ConsumerMetrics metrics;
  private int inProgress;

  OutcomeHandler(ItemWorker worker, Broker broker, Context context, ConsumerMetrics metrics) {
    this.worker = worker;
    this.broker = broker;
    this.context = context;
    this.metrics = metrics;
  }

  /** How many items are being moved to the dead letters or back to the queue. */
  int inProgress() {
    return inProgress;
  }

  /** The item can't be decoded, so it is dead-lettered without an attempt. */
  void poison(PartitionSubscription source, Delivery delivery, PoisonItem cause) {
    metrics.poison.increment();
    log.warn(
        "Moving an item of {} that can't be read to the dead letters: {}",
        source.name,
        cause.getMessage());
    deadLetter(source, delivery, FailureDetails.of(String.valueOf(cause.getMessage())));
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
    // From the delivered bytes, so that a peer's unknown fields stay in the item.
    var failed = Envelope.read(item.delivery.body()).toBuilder().setAttempt(item.failures);
    Duration delay = Duration.ofMillis(Math.min(ms, Broker.MAX_DELAY.toMillis()));
    if (failed.getNotBeforeMs() != 0) {
      failed.setWaitMs(ms - delay.toMillis());
    }
    byte[] body = failed.build().toByteArray();
    QueueName to = item.source.name;
    move(item.source, metrics.requeueRefused, () -> broker.publish(to, body, delay))
        .onComplete(v -> ack(item), e -> worker.done(item));
  }

  private void deadLetter(InFlightItem item, String reason, @Nullable Throwable cause) {
    metrics.of(item.item.method()).dead().increment();
    var failure =
        new FailureDetails(
            reason, stackTrace(cause), item.failures, Math.max(0, item.item.meta().createdAtMs()));
    log.warn("Moving {} to the dead letters: {}", item, failure.reason());
    deadLetter(item.source, item.delivery, failure);
    worker.done(item);
  }

  private void deadLetter(PartitionSubscription source, Delivery delivery, FailureDetails failure) {
    Counter refused = metrics.deadLetterRefused;
    move(source, refused, () -> source.subscription.deadLetter(delivery, failure))
        .onComplete(done -> worker.checkIdle());
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

  /**
   * Repeats {@code call} until it is confirmed or the item is no longer this consumer's; then it
   * fails, the item is unacked, and the queue delivers it again.
   */
  private Future<Void> move(
      PartitionSubscription source, Counter refused, Supplier<Future<Void>> call) {
    inProgress++;
    Move move = new Move(source, source.resets, refused, call, Promise.promise());
    Future<Void> moved = move.outcome.future().onComplete(done -> inProgress--);
    attempt(move, 1);
    return moved;
  }

  private record Move(
      PartitionSubscription source,
      int resets,
      Counter refused,
      Supplier<Future<Void>> call,
      Promise<Void> outcome) {
    boolean lost() {
      return source.resets != resets || source.draining;
    }
  }

  private void attempt(Move move, int number) {
    Promise<Void> answer = Contexts.promise(context);
    answer.future().onComplete(v -> move.outcome.complete(), e -> refused(move, number, e));
    move.call.get().onComplete(answer);
  }

  private void refused(Move move, int number, Throwable cause) {
    move.refused.increment();
    if (move.lost()) {
      move.outcome.fail(cause);
      return;
    }
    context
        .owner()
        .setTimer(
            BACKOFF.pauseMs(number),
            t -> {
              if (move.lost()) {
                move.outcome.fail(cause);
              } else {
                attempt(move, number + 1);
              }
            });
  }
}
