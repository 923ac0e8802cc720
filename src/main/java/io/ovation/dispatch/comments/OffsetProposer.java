package io.ovation.dispatch.comments;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Proposes offsets for one partition's streams, and remembers the last offset of each stream and
 * which comments this owner has sent. Bounded: the least recently used entry is forgotten, and the
 * store is asked instead.
 */
public final class OffsetProposer {
  private static final int STREAMS = 50_000;
  private static final int COMMENTS = 20_000;

  private final LongSupplier micros;
  private final Map<String, Long> last = lru(STREAMS);
  private final Map<String, Long> lastSent = lru(STREAMS);
  private final Map<String, Boolean> sent = lru(COMMENTS);

  /**
   * @param micros microseconds since 1970
   */
  public OffsetProposer(LongSupplier micros) {
    this.micros = micros;
  }

  /** The stream's next offset as far as this owner knows: {@code max(last + 1, now)}. */
  public long next(String stream) {
    long offset = Math.max(last.getOrDefault(stream, 0L) + 1, micros.getAsLong());
    last.put(stream, offset);
    return offset;
  }

  /** The stream has an event at this offset; what follows is above it. */
  void raise(String stream, long offset) {
    last.merge(stream, offset, Math::max);
  }

  /** The last offset of the stream that this owner has sent, 0 if none. */
  public long lastSent(String stream) {
    return lastSent.getOrDefault(stream, 0L);
  }

  /** Whether this owner has sent the comment, under whatever offset. */
  public boolean hasSent(PendingComment comment) {
    return sent.containsKey(comment.identity());
  }

  public void markSent(PendingComment comment) {
    lastSent.put(comment.stream(), comment.offset());
    sent.put(comment.identity(), true);
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
