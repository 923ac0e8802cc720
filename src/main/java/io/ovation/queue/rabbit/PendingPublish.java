package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicBoolean;

/** One item on its way to a confirm. Whoever takes it settles its promise, and nobody else. */
final class PendingPublish {
  final String exchange;
  final String key;
  final byte[] body;
  final BasicProperties properties;
  final Promise<Void> promise;

  /** {@code System.nanoTime()} after which nobody waits for it. */
  final long deadline;

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

  boolean settled() {
    return taken.get();
  }

  boolean expired(long now) {
    return now - deadline >= 0;
  }
}
