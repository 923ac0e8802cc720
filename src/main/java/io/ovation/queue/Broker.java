package io.ovation.queue;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Set;

/**
 * Durable queues. All implementations pass one contract suite; callers need not know which one they
 * use.
 *
 * <p>Methods may be called from any thread. Futures complete on the caller's Vert.x context.
 */
public interface Broker {
  /** The longest delay of a {@link #publish(QueueName, byte[], Duration)}. */
  Duration MAX_DELAY = Duration.ofHours(36);

  /** One publish of this number is reserved: see {@link #reserveFor}. */
  int RESERVED = 4;

  /**
   * From now on only items of this queue, and dead letters, may take the last quarter of the places
   * for publishes without a confirm. Without it all queues share all places.
   */
  default void reserveFor(String queue) {}

  /**
   * Creates partitions {@code 0..partitions-1} of a queue in each lane, where they do not exist.
   * Must complete before the queue is published to or consumed.
   */
  Future<Void> declare(String queue, Set<Lane> lanes, int partitions);

  /**
   * Creates the queues {@link QueueName#outbox} of the target and of each partition, where they do
   * not exist. Publishes to them succeed beyond their bounds, and drop the oldest items. Fails on
   * the embedded queue, which has none.
   */
  Future<Void> declareOutbox(String target, int partitions, QueueBounds bounds);

  /**
   * Writes one item durably. Success means it survives the crash of any process (RabbitMQ:
   * confirmed by a quorum; embedded: synced to disk). Many calls share one confirm. The order of
   * calls on one thread is kept within a queue.
   *
   * <p>Fails with {@link BrokerUnavailable} when no confirm came within the configured time or too
   * many items already wait for one. The item may still take effect, so a retry carries the same
   * id.
   */
  default Future<Void> publish(QueueName to, byte[] item) {
    return publish(to, item, Duration.ZERO);
  }

  /**
   * Writes one item durably, to enter the queue when {@code delay} has passed: never earlier, and
   * within about a second after it while the broker is up. RabbitMQ rounds the delay up to whole
   * seconds, embedded to milliseconds. Items that came due while RabbitMQ was down may enter some
   * minutes after its start. The broker's wall clock counts. Delayed items keep no order, neither
   * among themselves nor with others. RabbitMQ may duplicate an item when it crashes; consumers
   * must tolerate duplicates anyway.
   *
   * <p>Success means that the item is durable, during the delay and after. {@link #depth} does not
   * count it during the delay. Fails as {@link #publish(QueueName, byte[])} does.
   *
   * @param delay zero (no delay) to {@link #MAX_DELAY}, else {@link IllegalArgumentException} is
   *     thrown
   */
  Future<Void> publish(QueueName to, byte[] item, Duration delay);

  /**
   * Consumes one queue, in order, as its single active consumer: while another subscription holds
   * the queue, here or on another node, this one waits in line. Calls {@code handler} on the
   * caller's context. Recovers from a lost connection by itself.
   *
   * @param prefetch how many items may be unacked at a time; the same on every node for one queue
   */
  Subscription consume(QueueName from, int prefetch, DeliveryHandler handler);

  /** How many items are in the queue, including unacked ones where the broker counts them. */
  Future<Long> depth(QueueName queue);

  /**
   * When the oldest item of a queue was put there, in milliseconds since 1970 by its producer's
   * clock. RabbitMQ does not tell it: of a queue that this process consumes, it is the oldest that
   * is not acked.
   *
   * @return 0 if there is none, or this process does not know. May read from disk; any thread
   */
  default long oldestMs(QueueName queue) {
    return 0;
  }

  /** The names of the queues that this process declared. */
  Set<String> queues();

  /** The dead letters of a declared queue, of all its lanes and partitions. */
  DeadLetters deadLetters(String queue);

  /** Whether a publish is likely to succeed now; part of the readiness check. */
  boolean available();

  /** Ends subscriptions, waits a bounded time for outstanding confirms, then disconnects. */
  Future<Void> close();

  /** Throws {@link IllegalArgumentException} if {@code delay} is out of bounds. */
  static void checkDelay(Duration delay) {
    if (delay.isNegative() || delay.compareTo(MAX_DELAY) > 0) {
      throw new IllegalArgumentException(
          "a delay is zero to " + MAX_DELAY.toHours() + " hours, not " + delay);
    }
  }
}
