package io.ovation.queue.typed.consumer;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ovation.queue.Broker;
import io.ovation.queue.Delivery;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.proto.QueueItem;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ways out of a consumer other than success: to the dead letters, or back to the queue for
 * later. Either is confirmed by the broker before the item is acked. On the consumer's context.
 */
final class Redelivery {
  private static final Logger log = LoggerFactory.getLogger(Redelivery.class);

  private final Broker broker;
  private final ConfirmedRetry burials;
  private final ConfirmedRetry publishes;

  Redelivery(Broker broker, Context context, ConsumerMetrics meters) {
    this.broker = broker;
    this.burials = new ConfirmedRetry(context, meters.unburied::increment);
    this.publishes = new ConfirmedRetry(context, meters.unretried::increment);
  }

  /** How many items are on their way out. */
  int underWay() {
    return burials.underWay() + publishes.underWay();
  }

  /** Completes when the item is a dead letter; fails when it stays unacked. */
  Future<Void> bury(PartitionSubscription source, Delivery delivery, FailureDetails failure) {
    return burials.insist(source, () -> source.subscription().deadLetter(delivery, failure));
  }

  /**
   * Publishes the item anew, to come back in {@code ms} milliseconds. Completes when that is
   * confirmed: the ack is the caller's. Fails when the item stays as it was.
   */
  Future<Void> putOff(InFlightItem work, long ms) {
    byte[] body = again(work);
    Duration delay = Duration.ofMillis(Math.min(ms, Broker.MAX_DELAY.toMillis()));
    log.debug(
        "{} {} comes again in {}",
        work.item.method(),
        EnvelopeReader.shown(work.item.meta().id()),
        delay);
    return publishes.insist(work.source, () -> broker.publish(work.source.name(), body, delay));
  }

  /** The envelope with today's count of failures; unknown fields of a peer's stay in it. */
  private static byte[] again(InFlightItem work) {
    try {
      return QueueItem.parseFrom(work.delivery.body()).toBuilder()
          .setAttempt(work.failures)
          .build()
          .toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("It was read before: " + work.item.method(), e);
    }
  }
}
