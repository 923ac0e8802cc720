package io.ovation.queue.typed.consumer;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Backoff;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.typed.Envelope;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Moves items to the dead letters, or back to the queue with a delay. A move that the broker
 * refuses is retried until it is confirmed or the item is no longer this consumer's; then the item
 * is unacked, and the queue delivers it again. On the consumer's context.
 */
final class Redelivery {
  // The broker is unavailable or full; 30 s keep the log readable.
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofSeconds(1), 2, Duration.ofSeconds(30), 0);

  private final Broker broker;
  private final Context context;
  private final ConsumerMetrics metrics;
  private int inProgress;

  Redelivery(Broker broker, Context context, ConsumerMetrics metrics) {
    this.broker = broker;
    this.context = context;
    this.metrics = metrics;
  }

  /** How many moves are not confirmed yet. */
  int inProgress() {
    return inProgress;
  }

  /** Completes when the item is a dead letter and acked; fails when it stays unacked. */
  Future<Void> deadLetter(PartitionSubscription source, Delivery delivery, FailureDetails failure) {
    return retrying(
        source, metrics.deadLetterRefused, () -> source.subscription.deadLetter(delivery, failure));
  }

  /**
   * Publishes the item again, to come back in {@code ms} milliseconds, with its failures so far.
   * Completes when that is confirmed: the ack is the caller's. Fails when the item stays unacked.
   */
  Future<Void> requeue(InFlightItem item, long ms) {
    // From the delivered bytes, so that a peer's unknown fields stay in the item.
    byte[] body =
        Envelope.read(item.delivery.body()).toBuilder()
            .setAttempt(item.failures)
            .build()
            .toByteArray();
    Duration delay = Duration.ofMillis(Math.min(ms, Broker.MAX_DELAY.toMillis()));
    return retrying(
        item.source, metrics.requeueRefused, () -> broker.publish(item.source.name, body, delay));
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

  private Future<Void> retrying(
      PartitionSubscription source, Counter refused, Supplier<Future<Void>> call) {
    inProgress++;
    Promise<Void> outcome = Promise.promise();
    attempt(new Move(source, source.resets, refused, call, outcome), 1);
    return outcome.future();
  }

  private void attempt(Move move, int number) {
    Promise<Void> answer = Contexts.promise(context);
    move.call.get().onComplete(answer);
    answer
        .future()
        .onComplete(
            done -> {
              if (done.failed()) {
                move.refused.increment();
              }
              if (done.succeeded() || move.lost()) {
                end(move, answer.future());
              } else {
                context
                    .owner()
                    .setTimer(
                        BACKOFF.pauseMs(number),
                        t -> {
                          if (move.lost()) {
                            end(move, answer.future());
                          } else {
                            attempt(move, number + 1);
                          }
                        });
              }
            });
  }

  private void end(Move move, Future<Void> answer) {
    inProgress--;
    answer.onComplete(move.outcome);
  }
}
