package io.ovation.dispatch.comments;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What an owner remembers of its partition: the last offset of each stream, and which comments it
 * has dispatched. Bounded: the least recently used is forgotten, and the store is asked instead.
 */
public final class OffsetAllocator {
  private static final int STREAMS = 50_000;
  private static final int COMMENTS = 20_000;

  private final LongSupplier micros;
  private final Map<String, Long> last = lru(STREAMS);
  private final Map<String, Long> lastSent = lru(STREAMS);
  private final Map<String, Boolean> sent = lru(COMMENTS);

  /**
   * @param micros microseconds since 1970
   */
  public OffsetAllocator(LongSupplier micros) {
    this.micros = micros;
  }

  /** The stream's next offset as far as this owner knows: {@code max(last + 1, now)}. */
  public long next(String stream) {
    long offset = Math.max(last.getOrDefault(stream, 0L) + 1, micros.getAsLong());
    last.put(stream, offset);
    return offset;
  }

  /** The stream's last offset, 0 if this owner does not know. */
  long last(String stream) {
    return last.getOrDefault(stream, 0L);
  }

  /** The stream is at least here. */
  void raise(String stream, long offset) {
    last.merge(stream, offset, Math::max);
  }

  /** The last offset of the stream that this owner has sent, 0 if none. */
  public long lastSent(String stream) {
    return lastSent.getOrDefault(stream, 0L);
  }

  /** Whether this owner has sent the comment, under whatever offset. */
  public boolean hasSent(PendingComment item) {
    return sent.containsKey(item.identity());
  }

  public void sent(PendingComment item) {
    lastSent.put(item.stream(), item.offset());
    sent.put(item.identity(), true);
    raise(item.stream(), item.offset());
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
