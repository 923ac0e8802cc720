package io.ovation.queue;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Set;

/**
 * Durable queues. Implementations pass one contract suite; callers never know which one they have.
 *
 * <p>Every method may be called from any thread. Futures complete on the caller's Vert.x context.
 */
public interface Broker {
  /** The longest delay of a {@link #publish(QueueName, byte[], Duration)}. */
  Duration MAX_DELAY = Duration.ofHours(36);

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
   * The same, but the item enters the queue when {@code delay} is over: never earlier, and, while
   * the broker is up and reachable by itself, within about a second after it. RabbitMQ rounds the
   * delay up to whole seconds, embedded to milliseconds. What was due while RabbitMQ was down may
   * come some minutes after its start. Counted by the broker's wall clock. No order holds among
   * delayed items, nor between them and others. RabbitMQ may make two of an item when it crashes,
   * so consumers must bear the same item twice, as they must anyway.
   *
   * <p>Success means that the item is durable, while it waits and after. It is not in {@link
   * #depth} while it waits. Fails as {@link #publish(QueueName, byte[])} does.
   *
   * @param delay zero to {@link #MAX_DELAY}, else {@link IllegalArgumentException} is thrown; zero
   *     is no delay
   */
  Future<Void> publish(QueueName to, byte[] item, Duration delay);

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

  /** The queues that were declared here, by name. */
  Set<String> queues();

  /** What consumers of a declared queue gave up, of all its lanes and partitions. */
  DeadLetters deadLetters(String queue);

  /** Whether a publish has a chance just now: readiness asks this. */
  boolean available();

  /** Ends subscriptions, waits a bounded time for outstanding confirms, then lets go. */
  Future<Void> close();

  /** Throws {@link IllegalArgumentException} if {@code delay} is not one to publish with. */
  static void checkDelay(Duration delay) {
    if (delay.isNegative() || delay.compareTo(MAX_DELAY) > 0) {
      throw new IllegalArgumentException(
          "a delay is zero to " + MAX_DELAY.toHours() + " hours, not " + delay);
    }
  }
}
