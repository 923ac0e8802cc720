package io.ovation.dispatch.comments;

import io.ovation.store.Store;
import io.ovation.store.Store.Hole;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The offsets of a partition that viewers received and history lacks, one range per stream, until
 * the store has recorded them. Bounded: beyond 50,000 streams a gap is not recorded.
 */
final class HistoryGaps {
  private static final int STREAMS = 50_000;

  /** Streams in one write, so that appends do not wait long for it. */
  static final int CHUNK = 500;

  private final Map<String, Hole> ranges = new LinkedHashMap<>();

  /** Returns false if there is no room for another stream. */
  boolean add(String stream, long from, long to) {
    if (ranges.size() >= STREAMS && !ranges.containsKey(stream)) {
      return false;
    }
    ranges.merge(
        stream,
        new Hole(from, to),
        (a, b) -> new Hole(Math.min(a.from(), b.from()), Math.max(a.to(), b.to())));
    return true;
  }

  /** In how many streams. */
  int size() {
    return ranges.size();
  }

  /** Whether a stream of one of these events has a gap here. */
  boolean concern(List<PendingEvent> events) {
    return !ranges.isEmpty() && events.stream().anyMatch(e -> ranges.containsKey(e.stream()));
  }

  /** Forgets the oldest gap, and returns its stream. */
  String removeFirst() {
    String stream = ranges.keySet().iterator().next();
    ranges.remove(stream);
    return stream;
  }

  void clear() {
    ranges.clear();
  }

  /**
   * Writes the oldest gaps to the store, and forgets those that are written.
   *
   * @param streams whose gaps are written at most
   */
  Future<Void> record(Store store, int partition, long epoch, int streams) {
    Map<String, Hole> chunk =
        ranges.entrySet().stream()
            .limit(streams)
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    return store.appendHoles(partition, epoch, chunk).onSuccess(v -> chunk.forEach(ranges::remove));
  }
}
