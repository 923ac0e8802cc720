package io.ovation.queue;

import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One queue's dead letters, the oldest first, at most 100,000: then the oldest are dropped and
 * counted. For an operator, not for work: each call costs up to a second.
 *
 * <p>On RabbitMQ they can only be seen by taking them and giving them back. So one call at a time
 * is served in the whole cluster, and only the oldest {@link #WINDOW} can be listed, read, sent
 * back and purged singly; the rest come into sight as these go. While a call runs the letters are
 * not in the queue for others to count. They are in order of the time of death by the clocks of the
 * nodes that gave them up.
 *
 * <p>Methods may be called from any thread; futures complete on the caller's Vert.x context and
 * fail with {@link BrokerUnavailable}, when nothing is promised.
 */
public interface DeadLetters {
  /** How many of the oldest can be seen, on a broker that can't look without taking. */
  int WINDOW = 1_000;

  /** The most letters of one page. */
  int MAX_LIMIT = 100;

  /**
   * The letters behind {@code after}, the oldest first.
   *
   * @param after the last id of the page before, whether that letter is still there or not; null
   *     for the first page
   * @param limit 1 to {@link #MAX_LIMIT}; more is taken as the maximum
   */
  Future<Page> list(@Nullable String after, int limit);

  /** The letter, or nothing if it is gone or not in sight. */
  Future<Optional<DeadLetter>> read(String id);

  /** Sends it back as it is. */
  default Future<Boolean> sendBack(String id) {
    return sendBack(id, UnaryOperator.identity());
  }

  /**
   * Publishes it to its origin, and removes it once that is confirmed. A crash between the two
   * leaves it in both places, so consumers see the same item again.
   *
   * @param change makes the bytes to publish of the letter's; called on any thread; must not block
   * @return false if it is gone or not in sight. Fails with {@link IllegalStateException} if its
   *     origin is not known
   */
  Future<Boolean> sendBack(String id, UnaryOperator<byte[]> change);

  /** Deletes it; false if it is gone or not in sight. */
  Future<Boolean> purge(String id);

  /** Deletes all of them, those out of sight too; returns how many. */
  Future<Long> purgeAll();

  /**
   * Part of the list.
   *
   * @param total how many there are, about
   * @param more whether another page follows
   */
  record Page(List<DeadLetter> letters, long total, boolean more) {}
}
