package io.ovation.dispatch.comments;

import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;

/**
 * The offsets of a partition that were sent while the store was unavailable, one range per stream,
 * until the store has recorded them. Bounded: beyond 50,000 streams a gap is not recorded.
 */
final class HistoryGaps {
  private static final int STREAMS = 50_000;

  private record Range(long from, long to) {}

  private final Map<String, Range> ranges = new HashMap<>();

  /** Returns false if there is no room for another stream. */
  boolean add(String stream, long offset) {
    if (ranges.size() >= STREAMS && !ranges.containsKey(stream)) {
      return false;
    }
    ranges.merge(
        stream,
        new Range(offset, offset),
        (a, b) -> new Range(Math.min(a.from(), b.from()), Math.max(a.to(), b.to())));
    return true;
  }

  /** In how many streams. */
  int size() {
    return ranges.size();
  }

  void clear() {
    ranges.clear();
  }

  /**
   * Writes one stream's gap after the other to the store, and forgets each that is written. Fails
   * with the first failure; the rest is kept.
   */
  Future<Void> record(Store store, int partition, long epoch) {
    // One promise for all: composed futures of thousands of streams would overflow the stack.
    Promise<Void> done = Promise.promise();
    recordNext(store, partition, epoch, done);
    return done.future();
  }

  private void recordNext(Store store, int partition, long epoch, Promise<Void> done) {
    if (ranges.isEmpty()) {
      done.complete();
      return;
    }
    Map.Entry<String, Range> next = ranges.entrySet().iterator().next();
    String stream = next.getKey();
    Range range = next.getValue();
    store
        .appendHole(partition, epoch, stream, range.from(), range.to())
        .onSuccess(
            v -> {
              ranges.remove(stream, range);
              recordNext(store, partition, epoch, done);
            })
        .onFailure(done::fail);
  }
}
