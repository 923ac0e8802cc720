package io.ovation.queue;

import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One queue's dead letters, the oldest first, at most 100,000: past that the oldest are dropped and
 * counted. For operators only: each call takes up to a second.
 *
 * <p>RabbitMQ can list messages only by consuming and returning them. So the whole cluster serves
 * one call at a time, and only the oldest {@link #WINDOW} letters can be listed, read, sent back
 * and purged singly; removing them makes later ones accessible. During a call the queue's length
 * does not include them. Letters are ordered by the time at which they were dead-lettered, by the
 * clocks of the nodes that did it.
 *
 * <p>Methods may be called from any thread. Futures complete on the caller's Vert.x context. They
 * fail with {@link BrokerUnavailable}; the call may have taken effect then.
 */
public interface DeadLetters {
  /** How many of the oldest letters are accessible on RabbitMQ. */
  int WINDOW = 1_000;

  /** The most letters in one page. */
  int MAX_LIMIT = 100;

  /**
   * The letters after {@code after}, the oldest first.
   *
   * @param after the last id of the previous page, whether that letter still exists or not; null
   *     for the first page
   * @param limit 1 to {@link #MAX_LIMIT}; a higher value counts as the maximum
   */
  Future<Page> list(@Nullable String after, int limit);

  /** The letter, or nothing if it does not exist or is not accessible. */
  Future<Optional<DeadLetter>> read(String id);

  /** Sends a letter back with its bytes unchanged. */
  default Future<Boolean> sendBack(String id) {
    return sendBack(id, UnaryOperator.identity());
  }

  /**
   * Publishes a letter to its origin, and removes it once that is confirmed. A crash between the
   * two leaves it in both places, so that consumers get the same item again.
   *
   * @param change turns the letter's bytes into those to publish; called on any thread; must not
   *     block
   * @return false if it does not exist or is not accessible. Fails with {@link
   *     IllegalStateException} if its origin is unknown
   */
  Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change);

  /** Deletes a letter; false if it does not exist or is not accessible. */
  Future<Boolean> purge(String id);

  /** Deletes all letters, including inaccessible ones; returns how many. */
  Future<Long> purgeAll();

  /**
   * Part of the list.
   *
   * @param total approximately how many letters exist
   * @param more whether another page follows
   */
  record Page(List<DeadLetter> letters, long total, boolean more) {}
}
