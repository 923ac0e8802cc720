package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicBoolean;

/** One item that waits for its confirm. Only who {@link #take takes} it completes its promise. */
final class PendingPublish {
  final String exchange;
  final String key;
  final byte[] body;
  final BasicProperties properties;
  final Promise<Void> promise;

  /** In nanoseconds of the publisher's clock; then the confirm is too late. */
  private final long deadline;

  private final AtomicBoolean taken = new AtomicBoolean();

  PendingPublish(
      String exchange,
      String key,
      byte[] body,
      BasicProperties properties,
      Promise<Void> promise,
      long deadline) {
    this.exchange = exchange;
    this.key = key;
    this.body = body;
    this.properties = properties;
    this.promise = promise;
    this.deadline = deadline;
  }

  /** True for exactly one caller. */
  boolean take() {
    return taken.compareAndSet(false, true);
  }

  boolean isTaken() {
    return taken.get();
  }

  boolean expired(long now) {
    return now - deadline >= 0;
  }
}
