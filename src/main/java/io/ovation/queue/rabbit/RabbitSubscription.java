package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Delivery;
import io.ovation.queue.DeliveryBuffer;
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

/** One consumer of one queue, on a channel of its own, which it opens anew when that is lost. */
final class RabbitSubscription implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(RabbitSubscription.class);

  private final Vertx vertx;
  private final QueueName queue;
  private final int prefetch;
  private final DeliveryBuffer buffer;
  private final ConsumerThread consumers;
  private final DeadLetterBox dead;
  private final QueueMetrics metrics;
  private final AtomicBoolean ackScheduled = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Written on the consumers' thread. */
  private volatile @Nullable ConsumerChannel session;

  private int attempt;

  /** Where an item goes that can never succeed. */
  interface DeadLetterBox {
    Future<Void> put(QueueName from, byte[] body, FailureDetails failure);
  }

  RabbitSubscription(
      Vertx vertx,
      QueueName queue,
      int prefetch,
      DeliveryBuffer buffer,
      ConsumerThread consumers,
      DeadLetterBox dead,
      QueueMetrics metrics) {
    this.vertx = vertx;
    this.queue = queue;
    this.prefetch = prefetch;
    this.buffer = buffer;
    this.consumers = consumers;
    this.dead = dead;
    this.metrics = metrics;
  }

  /** Opens a channel on this connection, unless there is one. Consumers' thread. */
  void open(Connection connection) {
    ConsumerChannel old = session;
    if (closing.get() || (old != null && old.getChannel().isOpen())) {
      return;
    }
    long mine = consumers.nextGeneration();
    try {
      ConsumerChannel opened = ConsumerChannel.open(connection, mine, buffer, () -> lost(mine));
      session = opened; // Before it consumes: the first ack may come at once.
      opened.consume(queue.text(), prefetch);
      attempt = 0;
    } catch (IOException | RuntimeException e) {
      log.warn("Can't consume {}: {}", queue, ManagedConnection.describe(e));
      down();
      consumers.later(this, ++attempt);
    }
  }

  /** On a thread of the client. */
  private void lost(long which) {
    consumers.run(
        () -> {
          ConsumerChannel now = session;
          if (now != null && now.generation() == which && !closing.get()) {
            forget(now);
            consumers.later(this, ++attempt);
          }
        });
  }

  /** What was handed out comes again; whoever has it is told. Consumers' thread. */
  private void forget(ConsumerChannel old) {
    session = null;
    old.end();
    buffer.reset();
    old.close();
  }

  /** The channel or its connection is gone. Consumers' thread. */
  void down() {
    ConsumerChannel now = session;
    if (now != null && !closing.get()) {
      forget(now);
    }
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
    ConsumerChannel now = session;
    if (now == null || now.generation() != delivery.generation() || closing.get()) {
      return;
    }
    now.noteAck(delivery.tag(), multiple);
    if (ackScheduled.compareAndSet(false, true)) {
      consumers.run(this::sendAcks);
    }
  }

  private void sendAcks() {
    ackScheduled.set(false);
    ConsumerChannel now = session;
    if (now != null) {
      try {
        metrics.acked.increment(now.sendAcks());
      } catch (IOException | RuntimeException e) {
        log.debug("acks for {} were lost with their channel", queue, e);
      }
    }
  }

  @Override
  public Future<Void> deadLetter(Delivery delivery, FailureDetails failure) {
    ConsumerChannel now = session;
    if (now == null || now.generation() != delivery.generation() || closing.get()) {
      return Contexts.failed(
          vertx,
          new BrokerUnavailable("The item of " + queue + " is not this consumer's any more."));
    }
    return dead.put(queue, delivery.body(), failure)
        .onSuccess(
            v -> {
              metrics.dead.increment();
              ack(delivery);
            });
  }

  @Override
  public Future<Void> close() {
    Promise<Void> done = Contexts.promise(vertx);
    boolean first = closing.compareAndSet(false, true);
    buffer.close();
    consumers.run(
        () -> {
          ConsumerChannel now = session;
          if (first) {
            consumers.remove(this);
            if (now != null) {
              sendAcks(); // What was acked before the close stays acked.
              session = null;
              now.close();
            }
          }
          done.tryComplete();
        });
    return done.future();
  }
}
