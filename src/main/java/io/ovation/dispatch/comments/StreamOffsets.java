package io.ovation.dispatch.comments;

import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Origin;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a partition knows of its streams: the last offset of each, and which comments
 * this owner has sent. The store assigns offsets; only while it is unavailable does the owner go on
 * from the last one that it knows. Bounded: the least recently used entry is forgotten, and the
 * store is asked instead.
 */
public final class StreamOffsets {
  private static final int STREAMS = 50_000;
  private static final int COMMENTS = 20_000;

  /** What an earlier owner had not acked comes again at once; an id may be used again later. */
  private static final long SENT_BEFORE_MICROS = 60_000_000;

  private final LongSupplier storeMicros;
  private final Map<String, Long> last = lru(STREAMS);
  private final Map<String, Long> stored = lru(STREAMS);
  private final Map<String, Long> lastSent = lru(STREAMS);
  private final Map<String, Long> own = lru(STREAMS);
  private final Map<String, Long> arrived = lru(STREAMS);
  private final Map<String, Long> events = lru(STREAMS);
  private final Map<String, Boolean> sent = lru(COMMENTS);
  private final Map<String, Appended> sentBefore = lru(COMMENTS);
  private long sentBeforeUntil;

  /**
   * @param storeMicros the store's clock as far as this node knows it, in microseconds since 1970
   */
  public StreamOffsets(LongSupplier storeMicros) {
    this.storeMicros = storeMicros;
  }

  /** The stream's highest offset that this owner knows, 0 if none. */
  public long last(String stream) {
    return last.getOrDefault(stream, 0L);
  }

  /**
   * Assigns the stream's next offset without the store. It is above that of an append that took
   * effect and was not answered, so that the event can still be added at history's end.
   */
  public long next(String stream) {
    long offset = Math.max(last(stream) + 1, storeMicros.getAsLong());
    last.put(stream, offset);
    return offset;
  }

  /**
   * Assigns the offset without the store that the store was asked for, which may yet take effect
   * there; or the next one if the stream has gone on.
   */
  long next(String stream, long proposed) {
    if (proposed <= last(stream)) {
      return next(stream);
    }
    last.put(stream, proposed);
    return proposed;
  }

  /** Chooses the offsets that this owner would assign without the store. */
  void propose(List<PendingEvent> comments) {
    long now = storeMicros.getAsLong();
    Map<String, Long> reached = new HashMap<>();
    for (PendingEvent comment : comments) {
      String stream = comment.stream();
      long offset = Math.max(reached.getOrDefault(stream, last(stream)) + 1, now);
      reached.put(stream, offset);
      comment.propose(offset);
    }
  }

  /** The stream has an event at this offset; what follows is above it. */
  public void raise(String stream, long offset) {
    last.merge(stream, offset, Math::max);
  }

  /**
   * The highest offset of the stream that the store has confirmed to this owner, or, as viewers
   * tell a new owner, to an earlier one; 0 if none.
   */
  long stored(String stream) {
    return stored.getOrDefault(stream, 0L);
  }

  /** The same of each stream of these items. */
  Map<String, Long> stored(List<Append> items) {
    Map<String, Long> confirmed = new HashMap<>();
    for (Append item : items) {
      confirmed.computeIfAbsent(item.stream(), stored::get);
    }
    return confirmed;
  }

  public void stored(String stream, long offset) {
    stored.merge(stream, offset, Math::max);
  }

  /**
   * What an earlier owner has sent, as nodes report it: what the store would say of it.
   *
   * @param events by their identity
   */
  public void sentBefore(Map<String, Appended> events) {
    sentBefore.putAll(events);
    sentBeforeUntil = storeMicros.getAsLong() + SENT_BEFORE_MICROS;
  }

  /** What the store would say of the comment if an earlier owner has just sent it; or null. */
  @Nullable Appended sentBefore(PendingEvent comment) {
    if (!sentBefore.isEmpty() && storeMicros.getAsLong() > sentBeforeUntil) {
      sentBefore.clear();
    }
    return sentBefore.get(comment.identity());
  }

  /** The comment has its offset. */
  void reached(PendingEvent comment) {
    Origin origin = comment.origin();
    if (origin != null) {
      long before = arrived(comment.stream(), origin.region());
      boolean afterLoss = before > 0 && origin.previous() > before;
      if (!comment.absent() || !afterLoss) {
        arrived(comment.stream(), origin);
      }
    } else if (comment.own()) {
      own(comment.stream(), comment.offset());
    }
  }

  /** The last offset here of what this region accepted, 0 if this owner does not know it. */
  long own(String stream) {
    return own.getOrDefault(stream, 0L);
  }

  void own(String stream, long offset) {
    own.merge(stream, offset, Math::max);
  }

  /** The last offset that arrived from the region, 0 if this owner does not know it. */
  long arrived(String stream, String region) {
    return arrived.getOrDefault(stream + '\0' + region, 0L);
  }

  void arrived(String stream, Origin origin) {
    arrived.merge(stream + '\0' + origin.region(), origin.offset(), Math::max);
  }

  /** The last offset of the stream that this owner has sent, 0 if none. */
  public long lastSent(String stream) {
    return lastSent.getOrDefault(stream, 0L);
  }

  /** How many events of the stream this owner has sent. */
  public long eventsSent(String stream) {
    return events.getOrDefault(stream, 0L);
  }

  /** Whether this owner has sent the comment, under whatever offset. */
  public boolean hasSent(PendingEvent comment) {
    return sent.containsKey(comment.identity());
  }

  /**
   * A comment that another owner appended may be far behind the stream's last event: alone it does
   * not tell where the stream is. One that this owner appended, without an answer, may be the last.
   */
  public void markSent(PendingEvent comment) {
    if (!comment.known() || lastSent(comment.stream()) > 0) {
      lastSent.merge(comment.stream(), comment.offset(), Math::max);
    }
    sent.put(comment.identity(), true);
    events.merge(comment.stream(), 1L, Long::sum);
    raise(comment.stream(), comment.offset());
  }

  private static <V> Map<String, V> lru(int bound) {
    return new LinkedHashMap<>(64, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > bound;
      }
    };
  }
}
