package io.ovation.dispatch.state;

import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamPresence.Live;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * What the other regions say about one partition's streams: the newest value of each region, until
 * it ends. A region that is gone vanishes with its last values. All on the dispatcher's context.
 */
final class OtherRegions {
  /** How long a value counts; regions repeat theirs every few seconds. */
  static final long VALID_MS = 30_000;

  private static final int STREAMS = 100_000;

  private final LongSupplier millis;
  private final Runnable onRefused;
  private final Map<String, Map<String, Value>> streams = new HashMap<>();
  private final PriorityQueue<End> ends = new PriorityQueue<>((a, b) -> Long.compare(a.at, b.at));

  private static final class Value {
    private long viewers;
    private Live live = Live.UNHEARD;
    private long epoch;
    private long version;
    private long until;
    private long liveUntil;

    /** When {@link #ends} has it next. */
    private long queuedAt = Long.MAX_VALUE;

    long end() {
      return live == Live.LIVE ? Math.min(until, liveUntil) : until;
    }
  }

  private record End(String stream, String region, Value value, long at) {}

  /**
   * @param millis the monotonic clock
   * @param onRefused called for each value beyond the bound
   */
  OtherRegions(LongSupplier millis, Runnable onRefused) {
    this.millis = millis;
    this.onRefused = onRefused;
  }

  /** Takes in a value, unless a newer one has arrived. Returns whether it changes anything. */
  boolean put(String region, StreamPresence said) {
    String stream = said.getStream();
    Map<String, Value> regions = streams.get(stream);
    if (regions == null) {
      if (streams.size() >= STREAMS) {
        onRefused.run();
        return false;
      }
      regions = new HashMap<>(4);
      streams.put(stream, regions);
    }
    Value value = regions.computeIfAbsent(region, r -> new Value());
    if (said.getEpoch() < value.epoch
        || (said.getEpoch() == value.epoch && said.getVersion() < value.version)) {
      return false;
    }
    long now = millis.getAsLong();
    boolean changed = value.viewers != said.getViewers() || value.live != said.getLive();
    value.viewers = said.getViewers();
    value.live = said.getLive();
    value.epoch = said.getEpoch();
    value.version = said.getVersion();
    value.until = now + VALID_MS;
    value.liveUntil = now + said.getLiveMs();
    queue(stream, region, value);
    return changed;
  }

  private void queue(String stream, String region, Value value) {
    if (value.end() < value.queuedAt) {
      value.queuedAt = value.end();
      ends.add(new End(stream, region, value, value.queuedAt));
    }
  }

  /** Drops what has ended, and returns the streams that this changes. To be called often. */
  Set<String> expire() {
    long now = millis.getAsLong();
    Set<String> changed = new LinkedHashSet<>();
    for (End first = ends.peek(); first != null && first.at <= now; first = ends.peek()) {
      ends.remove();
      Value value = first.value;
      if (value.queuedAt != first.at) {
        continue;
      }
      value.queuedAt = Long.MAX_VALUE;
      if (value.until <= now) {
        remove(first.stream, first.region);
        changed.add(first.stream);
        continue;
      }
      if (value.live == Live.LIVE && value.liveUntil <= now) {
        value.live = Live.DARK;
        changed.add(first.stream);
      }
      queue(first.stream, first.region, value);
    }
    return changed;
  }

  private void remove(String stream, String region) {
    streams.computeIfPresent(
        stream,
        (s, regions) -> {
          regions.remove(region);
          return regions.isEmpty() ? null : regions;
        });
  }

  /** How many viewers the stream has elsewhere. */
  long viewers(String stream) {
    long sum = 0;
    for (Value value : streams.getOrDefault(stream, Map.of()).values()) {
      sum += value.viewers;
    }
    return sum;
  }

  /** What the regions together say: live if one does, dark if one has seen it. */
  Live live(String stream) {
    Live best = Live.UNHEARD;
    for (Value value : streams.getOrDefault(stream, Map.of()).values()) {
      if (value.live == Live.LIVE) {
        return Live.LIVE;
      }
      best = value.live == Live.DARK ? Live.DARK : best;
    }
    return best;
  }

  /** Each region with what it says. */
  void each(String stream, BiConsumer<String, StreamPresence> to) {
    streams
        .getOrDefault(stream, Map.of())
        .forEach(
            (region, value) ->
                to.accept(
                    region,
                    StreamPresence.newBuilder()
                        .setViewers(value.viewers)
                        .setLive(value.live)
                        .build()));
  }
}
