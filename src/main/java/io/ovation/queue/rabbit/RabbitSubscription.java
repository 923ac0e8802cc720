package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.EnqueueTime;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One consumer of one queue, on a channel of its own; opens another one when that is lost. */
final class RabbitSubscription implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(RabbitSubscription.class);

  /** Between two attempts to give an item up. */
  private static final long RETRY_MS = 1_000;

  private final Vertx vertx;
  private final QueueName queue;
  private final int prefetch;
  private final DeliveryBuffer buffer;
  private final ConsumerThread consumers;
  private final DeadLetterPublisher deadLetters;
  private final QueueMetrics metrics;
  private final AtomicBoolean ackScheduled = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Written on the consumers' thread. */
  private volatile @Nullable ConsumerChannel channel;

  private int attempt;
  private boolean survived;

  /** Publishes an item that can never succeed to the dead letters, confirmed. */
  interface DeadLetterPublisher {
    Future<Void> publish(QueueName from, byte[] body, FailureDetails failure);
  }

  RabbitSubscription(
      Vertx vertx,
      QueueName queue,
      int prefetch,
      DeliveryBuffer buffer,
      ConsumerThread consumers,
      DeadLetterPublisher deadLetters,
      QueueMetrics metrics) {
    this.vertx = vertx;
    this.queue = queue;
    this.prefetch = prefetch;
    this.buffer = buffer;
    this.consumers = consumers;
    this.deadLetters = deadLetters;
    this.metrics = metrics;
  }

  /** Opens a channel on this connection, unless there is one. Consumers' thread. */
  void open(Connection connection) {
    ConsumerChannel old = channel;
    if (closing.get() || (old != null && old.getChannel().isOpen())) {
      return;
    }
    long generation = consumers.nextGeneration();
    long nextMs = RedeliveryGuard.NEXT_MS;
    var guard =
        new RedeliveryGuard(queue.text(), buffer, consumers, nextMs, survived, this::giveUp);
    if (queue.outbox()) {
      guard.off();
    }
    try {
      ConsumerChannel opened =
          ConsumerChannel.open(connection, generation, guard, () -> lost(generation));
      channel = opened; // Before it consumes: the first ack may come at once.
      opened.consume(queue.text(), prefetch);
      attempt = 0;
    } catch (IOException | RuntimeException e) {
      log.warn("Can't consume {}: {}", queue, AmqpErrors.describe(e));
      down();
      consumers.reopen(this, ++attempt);
    }
  }

  QueueName queue() {
    return queue;
  }

  /** As {@link io.ovation.queue.Broker#oldestMs}. Any thread. */
  long oldestMs() {
    ConsumerChannel now = channel;
    return now == null ? 0 : EnqueueTime.of(now.oldest());
  }

  /** On a thread of the client. */
  private void lost(long generation) {
    consumers.run(
        () -> {
          ConsumerChannel now = channel;
          if (now != null && now.generation() == generation && down()) {
            consumers.reopen(this, ++attempt);
          }
        });
  }

  /**
   * The channel or its connection was lost: what was delivered will be delivered again, and the
   * handler is notified. Consumers' thread.
   *
   * @return false if there was no channel, or the subscription is closing
   */
  boolean down() {
    ConsumerChannel old = channel;
    if (old == null || closing.get()) {
      return false;
    }
    channel = null;
    survived = old.guard().claimed();
    old.guard().end();
    buffer.reset();
    old.close();
    return true;
  }

  @Override
  public void ack(Delivery delivery) {
    note(delivery, false);
  }

  @Override
  public void ackThrough(Delivery delivery) {
    note(delivery, true);
  }

  private void note(Delivery delivery, boolean multiple) {
    ConsumerChannel now = channelOf(delivery);
    if (now == null) {
      return;
    }
    now.noteAck(delivery.tag(), multiple);
    if (ackScheduled.compareAndSet(false, true)) {
      consumers.run(this::sendAcks);
    }
  }

  private void sendAcks() {
    ackScheduled.set(false);
    ConsumerChannel now = channel;
    if (now != null) {
      try {
        metrics.acked.increment(now.sendAcks());
      } catch (IOException | RuntimeException e) {
        log.debug("Acks for {} were lost with their channel", queue, e);
      }
    }
  }

  @Override
  public Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
    if (channelOf(delivery) == null) {
      String why = "The item of " + queue + " is no longer this consumer's.";
      return Contexts.failed(vertx, new BrokerUnavailable(why));
    }
    return deadLetters
        .publish(queue, delivery.body(), failure)
        .onSuccess(v -> metrics.dead.increment())
        .onSuccess(v -> ack(delivery));
  }

  /** The item ended the processes that handled it. Consumers' thread. */
  private void giveUp(Delivery delivery, int returns) {
    String reason =
        "came back %d times without an outcome; its handling may have ended the process each time"
            .formatted(returns);
    log.error("Moving an item of {} to the dead letters: it {}", queue, reason);
    deadLetter(delivery, new FailureDetails(reason, null, returns, 0))
        .onFailure(e -> consumers.schedule(() -> giveUpAgain(delivery, returns), RETRY_MS));
  }

  private void giveUpAgain(Delivery delivery, int returns) {
    if (channelOf(delivery) != null) {
      giveUp(delivery, returns);
    }
  }

  /** The channel that delivered it, if that is still in use. */
  private @Nullable ConsumerChannel channelOf(Delivery delivery) {
    ConsumerChannel now = channel;
    boolean valid = now != null && now.generation() == delivery.generation() && !closing.get();
    return valid ? now : null;
  }

  @Override
  public Future<Void> close() {
    Promise<Void> done = Contexts.promise(vertx);
    closing.set(true);
    buffer.close();
    consumers.run(
        () -> {
          consumers.all().remove(this);
          closeChannel();
          done.complete();
        });
    return done.future();
  }

  private void closeChannel() {
    ConsumerChannel now = channel;
    if (now != null) {
      sendAcks(); // What was acked before the close stays acked.
      now.guard().withdraw(now.getChannel().getConnection());
      now.guard().end();
      channel = null;
      now.close();
    }
  }
}
