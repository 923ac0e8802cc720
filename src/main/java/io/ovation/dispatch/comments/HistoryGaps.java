package io.ovation.dispatch.comments;

import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;

/**
 * The offsets of a partition that were delivered while the store was away, per stream, until the
 * store has been told. Bounded: beyond it a stream's hole is not recorded, and counted.
 */
final class HistoryGaps {
  private static final int STREAMS = 50_000;

  private record Range(long from, long to) {}

  private final Map<String, Range> ranges = new HashMap<>();

  /** False if there is no room left to remember it. */
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

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Tells the store one after the other; what it has taken is forgotten. */
  Future<Void> record(Store store, int partition, long epoch) {
    Promise<Void> done = Promise.promise();
    next(store, partition, epoch, done);
    return done.future();
  }

  private void next(Store store, int partition, long epoch, Promise<Void> done) {
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
              next(store, partition, epoch, done);
            })
        .onFailure(done::fail);
  }
}
