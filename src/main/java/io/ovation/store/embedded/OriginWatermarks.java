package io.ovation.store.embedded;

import io.ovation.store.Store.Append;
import io.ovation.store.Store.Origin;
import java.nio.ByteBuffer;

/**
 * The highest offset that each stream has of each region; of this region's own under an empty name.
 * A region's items arrive in their order, so the mark tells which are known. Disk thread only.
 */
final class OriginWatermarks {
  private final ExpiringMap<String> marks;

  OriginWatermarks(StoreMaps maps) {
    marks = maps.expiring("store.origins", ExpiryIndex.ORIGIN);
  }

  /**
   * @param known the item was appended before
   * @param afterHole items of its region before it were lost on the way
   * @param ownPrevious the offset of this region before it, if it is of this region
   */
  record Arrival(boolean known, boolean afterHole, long ownPrevious) {}

  Arrival arrival(String stream, Append item, long now) {
    long mark = mark(key(stream, item), now);
    Origin origin = item.origin();
    if (origin == null) {
      return new Arrival(false, false, mark);
    }
    boolean judged = !item.delivered();
    return new Arrival(judged && origin.offset() <= mark, judged && origin.previous() > mark, 0);
  }

  /** Another region's item that is not shown here, unless items before it are missing. */
  void skip(String stream, Append item, long now, long expiry) {
    Arrival arrival = arrival(stream, item, now);
    if (!arrival.known() && !arrival.afterHole()) {
      raise(stream, item, 0, expiry);
    }
  }

  void reset(String stream, Append item, long now) {
    marks.put(key(stream, item), now + 1, new byte[Long.BYTES]);
  }

  void raise(String stream, Append item, long offset, long expiry) {
    Origin origin = item.origin();
    if (origin == null && item.hidden()) {
      return; // Other regions never get it.
    }
    String key = key(stream, item);
    long there = origin == null ? offset : origin.offset();
    long top = Math.max(mark(key, 0), there);
    marks.put(key, expiry, ByteBuffer.allocate(Long.BYTES).putLong(top).array());
  }

  private long mark(String key, long now) {
    ByteBuffer value = marks.get(key, now);
    return value == null ? 0 : value.getLong();
  }

  /** Streams have no slash. */
  private static String key(String stream, Append item) {
    return stream + "/" + (item.origin() == null ? "" : item.origin().region());
  }
}
