package io.ovation.store;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * State that outlives a process. Redis and MVStore on the local disk implement it and pass one
 * contract suite. A completed write survives the crash of any process.
 *
 * <p>Methods may be called from any thread; futures complete on the caller's context. A call fails
 * with {@link StoreUnavailable} after a bounded time when the store does not answer; a write may
 * have taken effect then.
 */
public interface Store {

  /**
   * Gives the caller the partition's next epoch (1, 2, …). From then on writes with a lower epoch
   * are refused.
   *
   * @param atLeast the lowest epoch to give: a store that lost its data does not know the last one
   */
  Future<Long> takePartition(int partition, long atLeast);

  /**
   * Atomically binds each item, in order, to an offset of its stream and appends it to the stream's
   * history. An item whose (stream, user, id) was appended in the last 10 minutes keeps its old
   * offset and is not appended again. Any other gets {@code max(last + 1, item.proposed())}.
   *
   * <p>An item that was {@code delivered} while the store was unavailable keeps the offset at which
   * viewers received it, even if an earlier append of it took effect late under another one. Where
   * history is already past that offset it gets a hole there instead of the event.
   *
   * <p>A stream's history keeps at most the configured number of events, and of bytes in them
   * (users, ids and bodies), for the configured time. The newest event is always kept.
   *
   * @return one answer per item, in the same order; fails with {@link StaleEpoch}, having done
   *     nothing, if a higher epoch was given out
   */
  Future<List<Appended>> append(int partition, long epoch, List<Append> items);

  /**
   * Records events that were delivered but not appended. Fails with {@link StaleEpoch} as above.
   */
  Future<Void> appendHoles(int partition, long epoch, List<Hole> holes);

  /**
   * The stream's events above {@code after}, in order, at most {@code limit}, with the holes among
   * them.
   */
  Future<History> history(int partition, String stream, long after, int limit);

  /** Each stream's highest offset ever given out, 0 if none; any number of streams. */
  Future<Map<String, Long>> lastOffsets(int partition, Collection<String> streams);

  /**
   * Atomically adds each batch's counts to the totals of its streams, unless the batch was added
   * before: its (source, number) is remembered for 10 minutes. Totals expire {@code ttl} after
   * their stream's last reaction. Fails with {@link StaleEpoch} like {@link #append}.
   */
  Future<Added> addReactions(int partition, long epoch, List<Reactions> batches, Duration ttl);

  /** The streams' totals by kind; a stream without totals is left out. */
  Future<Map<String, Map<String, Long>>> reactions(int partition, Collection<String> streams);

  /**
   * Writes a versioned record if its current version is {@code expected} (0: it does not exist),
   * with a new time to live. The new version is {@code expected + 1}.
   *
   * @return the current record: the caller's if it was written, else the existing one; version 0
   *     with an empty value if none exists
   */
  Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl);

  /** A versioned record, unless it does not exist or has expired. */
  Future<Optional<Versioned>> read(String key);

  /**
   * Sets a fact of the installation for good, unless it is set.
   *
   * @return the value that holds: the caller's, or the one set before
   */
  Future<String> setOnce(String key, String value);

  LastSeenIndex sightings();

  /** Completes when the store answers. */
  Future<Void> ping();

  /** The store's own clock, in microseconds since 1970. */
  Future<Long> time();

  Future<Void> close();

  /**
   * One item to append.
   *
   * @param id the item's id; unique per stream and user
   * @param proposed the offset it gets unless the stream is already past it
   * @param body the event as JSON up to and including {@code "offset":}, without the number and the
   *     closing brace
   * @param delivered viewers have received it at {@code proposed}
   */
  record Append(
      String stream, String user, String id, long proposed, byte[] body, boolean delivered) {
    public Append(String stream, String user, String id, long proposed, byte[] body) {
      this(stream, user, id, proposed, body, false);
    }
  }

  /** Offsets of a stream, both inclusive, that history has no events for. */
  record Hole(String stream, long from, long to) {}

  /**
   * @param offset the item's offset
   * @param previous the offset before it in its stream's history, 0 if none is known
   * @param known true when the item had been appended before
   */
  record Appended(long offset, long previous, boolean known) {}

  /**
   * An entry of a stream's history: an event, or a hole.
   *
   * @param from the hole's first offset; equal to {@code offset} for an event
   * @param offset the event's offset, or the hole's last
   * @param user the sender; with {@code id} the event's identity; empty for a hole
   * @param body as given to {@link #append}; empty for a hole
   */
  record Kept(long from, long offset, String user, String id, byte[] body) {
    public boolean hole() {
      return body.length == 0;
    }
  }

  /**
   * @param entries in order of {@code offset}
   * @param complete false when events after the requested offset may have been dropped because of
   *     history's bounds
   * @param more true when {@code limit} cut the list
   */
  record History(List<Kept> entries, boolean complete, boolean more) {}

  /**
   * One batch of reactions.
   *
   * @param source the sender; a restarted one uses another name
   * @param number from 0, without large gaps: remembering it costs a bit
   * @param counts by stream and kind; a kind is a word of ASCII
   */
  record Reactions(String source, long number, Map<String, Map<String, Long>> counts) {}

  /**
   * @param known per batch, in order: true when it had been added before and was not added again
   * @param totals of all streams that the batches name
   */
  record Added(List<Boolean> known, Map<String, Map<String, Long>> totals) {}

  /** A record and how many times it was written. */
  record Versioned(long version, String value) {}
}
