package io.ovation.queue;

import io.vertx.core.Future;
import java.util.Set;

/**
 * Durable queues. Implementations pass one contract suite; callers never know which one they have.
 *
 * <p>Every method may be called from any thread. Futures complete on the caller's Vert.x context.
 */
public interface Broker {

  /**
   * Makes partitions {@code 0..partitions-1} of a queue exist in each lane. Idempotent. Must
   * complete before the queue is published to or consumed.
   */
  Future<Void> declare(String queue, Set<Lane> lanes, int partitions);

  /**
   * Writes one item durably. Success means it survives the crash of any process (RabbitMQ:
   * confirmed by a quorum; embedded: synced to disk). Many calls share one confirm. Order holds per
   * caller's thread and queue.
   *
   * <p>Fails with {@link BrokerUnavailable} when no confirm came within the configured time or too
   * many items already wait for one; the item may still take effect then, so a retry carries the
   * same id.
   */
  Future<Void> publish(QueueName to, byte[] item);

  /**
   * Consumes one queue, in order, as its single active consumer: while another subscription holds
   * the queue, here or on another node, this one waits in line. Calls {@code handler} on the
   * caller's context. Survives a lost connection by itself.
   *
   * @param prefetch how many items may be unacked at a time; the same everywhere for one queue
   */
  Subscription consume(QueueName from, int prefetch, DeliveryHandler handler);

  /** How many items are in the queue, unacked ones included where the broker tells. */
  Future<Long> depth(QueueName queue);

  /** Whether a publish has a chance just now: readiness asks this. */
  boolean available();

  /** Ends subscriptions, waits a bounded time for outstanding confirms, then lets go. */
  Future<Void> close();
}
