package io.ovation.store;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * State that outlives a process. Redis and MVStore on the local disk implement it and pass one
 * contract suite. A completed write survives the crash of any process.
 *
 * <p>Methods may be called from any thread; futures complete on the caller's context. A call fails
 * with {@link StoreUnavailable} after a bounded time when the store does not answer; a write may
 * have taken effect then.
 */
public interface Store {

  /** The most streams of one page: what one call to the server looks up or writes. */
  int PAGE = 1_000;

  /**
   * Gives the caller the partition's next epoch: above all that were given out, and not below
   * {@code atLeast}. From then on writes with a lower epoch are refused.
   *
   * @param atLeast above the epochs that the caller has seen in use, for a store that lost its data
   */
  Future<Long> takePartition(int partition, long atLeast);

  default Future<Long> takePartition(int partition) {
    return takePartition(partition, 1);
  }

  /**
   * Atomically binds each item, in order, to an offset of its stream and appends it to the stream's
   * history. An item whose (stream, user, id) was appended in the last 10 minutes keeps its old
   * offset and is not appended again. Any other gets {@code max(last + 1, now)}, with the store's
   * own clock in microseconds; or {@code max(last + 1, min(item.proposed(), now))} if it proposes
   * an offset, so that no node's clock gets a stream ahead of the store's.
   *
   * <p>An item that was {@code delivered} while the store was unavailable keeps the offset at which
   * viewers received it, even if an earlier append of it took effect late under another one. Where
   * history is already past that offset it gets a hole there instead of the event.
   *
   * <p>An item's {@link Effect} is applied in the same step, once. What it deletes leaves history
   * for good: a deleted comment that arrives only later is answered as {@code deleted}.
   *
   * <p>A stream's history keeps at most the configured number of events, and of bytes in them
   * (users, ids and bodies), for the configured time. The newest event is always kept.
   *
   * @param confirmed by stream, the highest offset that the store has confirmed as far as the
   *     caller knows. A stream that gets an event here and does not reach that far has lost events:
   *     it gets a hole up to there in the same step, so that no reader takes it for complete. The
   *     event's {@link Appended#previous} is the offset before the hole.
   * @return one answer per item, in the same order; fails with {@link StaleEpoch}, having done
   *     nothing, if a higher epoch was given out
   */
  Future<List<Appended>> append(
      int partition, long epoch, List<Append> items, Map<String, Long> confirmed);

  default Future<List<Appended>> append(int partition, long epoch, List<Append> items) {
    return append(partition, epoch, items, Map.of());
  }

  /**
   * Records, for each stream, that events in a range of offsets were delivered but not appended.
   * Each page of {@value #PAGE} streams takes effect as a whole, in turn; recording a hole again
   * has no effect. Fails with {@link StaleEpoch} like {@link #append}.
   */
  Future<Void> appendHoles(int partition, long epoch, Map<String, Hole> holes);

  /** {@link #appendHoles} of one stream. */
  default Future<Void> appendHole(int partition, long epoch, String stream, long from, long to) {
    return appendHoles(partition, epoch, Map.of(stream, new Hole(from, to)));
  }

  /**
   * The stream's events above {@code after}, in order, at most {@code limit}, with the holes among
   * them.
   */
  Future<History> history(int partition, String stream, long after, int limit);

  /**
   * The stream's newest events below an offset, the newest first, tombstones included, without
   * holes. A list shorter than {@code limit} reaches the beginning of history.
   */
  Future<List<Kept>> newest(int partition, String stream, long before, int limit);

  /**
   * The offsets of the events that were appended under these ids in the last 10 minutes, in the
   * same order; 0 for an id that is unknown or deleted.
   */
  Future<List<Long>> offsetsOf(List<EventId> ids);

  /** What is pinned to the stream and has not ended, in any order. */
  Future<List<Pin>> pins(int partition, String stream);

  /** How many pins of the stream have the owner of {@code name}, beside the pin of that name. */
  Future<Long> otherPins(int partition, String stream, String name);

  /** The names of the streams that have a history, of all partitions. */
  Future<List<String>> streams();

  /** Rows that every node keeps a copy of. */
  SharedTable table();

  /**
   * Each stream's highest offset ever given out, 0 if none. Streams are looked up in pages of
   * {@value #PAGE}, one after the other.
   */
  Future<Map<String, Long>> lastOffsets(int partition, Collection<String> streams);

  /** {@link #lastOffsets} of one stream. */
  default Future<Long> lastOffset(int partition, String stream) {
    return lastOffsets(partition, List.of(stream)).map(lasts -> lasts.getOrDefault(stream, 0L));
  }

  /**
   * Atomically adds each batch's counts to the totals of its streams, unless the batch was added
   * before: its (source, number) is remembered for 10 minutes. Totals expire {@code ttl} after
   * their stream's last reaction. Fails with {@link StaleEpoch} like {@link #append}.
   */
  Future<Added> addReactions(int partition, long epoch, List<Reactions> batches, Duration ttl);

  /**
   * Takes in another region's own totals of some streams: of what is stored and what comes, the
   * larger number counts, so that totals never go back. They expire as this region's own, and are
   * the kinds {@code region/kind} among them. Fails with {@link StaleEpoch} like {@link #append}.
   *
   * @return all totals of these streams
   */
  Future<Map<String, Map<String, Long>>> mergeReactions(
      int partition,
      long epoch,
      String region,
      Map<String, Map<String, Long>> totals,
      Duration ttl);

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

  /** The store's clock in milliseconds since 1970: it orders, expires and judges leases. */
  Future<Long> now();

  LastSeenIndex sightings();

  /** Completes when the store answers. */
  Future<Void> ping();

  Future<Void> close();

  /** Under what an event of this region is known. */
  record EventId(int partition, String stream, String user, String id) {}

  /**
   * One item to append.
   *
   * @param id the item's id; unique per stream and user
   * @param proposed the offset that is wanted; 0 if the store is to choose
   * @param body the event as JSON up to and including {@code "offset":}, without the number and the
   *     closing brace; empty for an item of another region that is not shown here: it only counts
   *     as arrived, unless items before it are missing
   * @param delivered viewers have received it at {@code proposed}
   * @param hidden not all viewers may read it: history gets a tombstone at its offset
   * @param origin of an item that another region accepted; null for this region's own
   */
  record Append(
      String stream,
      String user,
      String id,
      long proposed,
      byte[] body,
      boolean delivered,
      boolean hidden,
      Effect effect,
      @Nullable Origin origin) {
    public Append(
        String stream,
        String user,
        String id,
        long proposed,
        byte[] body,
        boolean delivered,
        boolean hidden,
        Effect effect) {
      this(stream, user, id, proposed, body, delivered, hidden, effect, null);
    }

    public Append(
        String stream, String user, String id, long proposed, byte[] body, boolean delivered) {
      this(stream, user, id, proposed, body, delivered, false, Effect.NONE);
    }

    public Append(String stream, String user, String id, long proposed, byte[] body) {
      this(stream, user, id, proposed, body, false);
    }

    /** Another region's item that is not shown here. It never has an offset. */
    public boolean absent() {
      return origin != null && body.length == 0;
    }
  }

  /**
   * Where an event of another region comes from. An item whose origin's offset is not above the
   * highest that this stream has of that region is known; where items of the region before it are
   * missing, a hole is appended in front of it.
   *
   * @param offset there
   * @param previous the offset of that region's event before it; 0 if it is not known
   */
  record Origin(String region, long offset, long previous) {}

  /**
   * What an event does to its stream beside being appended.
   *
   * @param user whose comments are deleted
   * @param id of the deleted comment; or the name of the pin
   * @param ttlMs how long it stays pinned
   * @param most pins whose names begin with the same character; beyond it the oldest is removed,
   *     and beyond {@link #mostOfOwner} the oldest of the same owner
   */
  record Effect(Kind kind, String user, String id, long ttlMs, int most) {
    /** Comments of one stream, and of one user there, that wait for a moderator. */
    public static final int HELD = 1_000;

    public static final int HELD_OF_USER = HELD / 50;

    public static final Effect NONE = new Effect(Kind.NONE, "", "", 0, 0);

    public enum Kind {
      NONE,
      /** The comment of this user and id leaves history. */
      DELETE,
      /** All comments of this user leave history. */
      PURGE,
      PIN,
      UNPIN
    }

    public static Effect delete(String user, String id) {
      return new Effect(Kind.DELETE, user, id, 0, 0);
    }

    public static Effect purge(String user) {
      return new Effect(Kind.PURGE, user, "", 0, 0);
    }

    public static Effect pin(String name, long ttlMs, int most) {
      return new Effect(Kind.PIN, "", name, Math.max(1, ttlMs), most);
    }

    public static Effect unpin(String name) {
      return new Effect(Kind.UNPIN, "", name, 0, 0);
    }

    /** The pin of a held comment; it goes with its author's comments. */
    public static String held(String user, String id) {
      return "h" + user + '\0' + id;
    }

    /** With what the names of all pins of the same owner begin; empty for a pin without one. */
    public String owner() {
      return owner(id);
    }

    public static String owner(String id) {
      return id.substring(0, id.indexOf('\0') + 1);
    }

    /** A fiftieth, so that nobody can push out the pins of others. */
    public int mostOfOwner() {
      return Math.max(1, most / 50);
    }
  }

  /**
   * An event that is pinned to a stream.
   *
   * @param leftMs milliseconds until it ends
   * @param body as given to {@link #append}
   */
  record Pin(String name, long offset, long leftMs, byte[] body) {}

  /**
   * @param offset the item's offset
   * @param previous the offset before it in its stream's history, 0 if none is known; before the
   *     hole, if the store had lost events
   * @param known true when the item had been appended before, or was deleted before
   * @param deleted it was deleted and must not be shown
   * @param ownPrevious for an item of this region, the offset of this region before it; 0 if none
   *     is known
   * @param afterHole events of its origin were lost on the way: {@code previous} is a new hole
   */
  record Appended(
      long offset,
      long previous,
      boolean known,
      boolean deleted,
      long ownPrevious,
      boolean afterHole) {
    public Appended(long offset, long previous, boolean known, boolean deleted) {
      this(offset, previous, known, deleted, previous, false);
    }

    public Appended(long offset, long previous, boolean known) {
      this(offset, previous, known, false);
    }

    /** A known event of another region whose offset in this region is no longer stored. */
    public static Appended longAgo() {
      return new Appended(0, 0, true, false, 0, false);
    }
  }

  /**
   * An entry of a stream's history: an event, or a hole.
   *
   * @param from the hole's first offset; equal to {@code offset} for an event
   * @param offset the event's offset, or the hole's last
   * @param user the sender; with {@code id} the event's identity; empty for a hole
   * @param body as given to {@link #append}; empty for a hole, one byte for a tombstone
   */
  record Kept(long from, long offset, String user, String id, byte[] body) {
    public static Kept hole(long from, long to) {
      return new Kept(from, to, "", "", new byte[0]);
    }

    public boolean hole() {
      return body.length == 0;
    }

    /** Nothing was lost at this offset, and there is nothing to read. */
    public boolean tombstone() {
      return body.length == 1;
    }
  }

  /** A range of offsets, both inclusive. */
  record Hole(long from, long to) {}

  /**
   * @param entries in order of {@code offset}
   * @param complete false when events after the requested offset may have been dropped because of
   *     history's bounds
   * @param more true when {@code limit} cut the list
   */
  record History(List<Kept> entries, boolean complete, boolean more) {
    /** The first {@code limit} of {@code entries}. */
    public static History of(List<Kept> entries, int limit, boolean complete) {
      boolean more = entries.size() > limit;
      return new History(List.copyOf(more ? entries.subList(0, limit) : entries), complete, more);
    }
  }

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

  record Versioned(long version, String value) {}
}
