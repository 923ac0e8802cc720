package io.ovation.store.embedded;

import io.ovation.store.HistoryLimits;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The events of each stream that no viewer needs that comes back: those that not all may read, and
 * deletions and purges of comments that were not here. History keeps few of them, so that no number
 * of them pushes comments out; but always the newest event, which readers wait for. Disk thread
 * only.
 */
final class SpareEvents {
  private static final int MOST = 32;

  /** Among the ids, under a key that none of them has. */
  private final ExpiringMap<String> map;

  private final HistoryLimits limits;

  SpareEvents(ExpiringMap<String> map, HistoryLimits limits) {
    this.map = map;
    this.limits = limits;
  }

  /** Adds one; returns the offsets of those that have to go. */
  List<Long> add(String stream, long offset, long now) {
    String key = stream + "/spare";
    ByteBuffer held = map.get(key, now);
    LongBuffer before = held == null ? LongBuffer.allocate(0) : held.asLongBuffer();
    long[] all = new long[before.remaining() + 1];
    before.get(all, 0, all.length - 1);
    all[all.length - 1] = offset;
    int over = Math.max(0, all.length - Math.max(1, Math.min(MOST, limits.events() / 10)));
    ByteBuffer kept = ByteBuffer.allocate((all.length - over) * Long.BYTES);
    LongStream.of(all).skip(over).forEach(kept::putLong);
    map.put(key, now + limits.stateTtl(), kept.array());
    return LongStream.of(all).limit(over).boxed().toList();
  }
}
