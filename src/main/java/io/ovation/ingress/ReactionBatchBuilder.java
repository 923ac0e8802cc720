package io.ovation.ingress;

import io.ovation.live.proto.ReactionBatch;
import io.ovation.live.proto.StreamReactions;
import io.ovation.vertx.Contexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * One partition's reaction counts that are sent together, and the promises of their callers: one
 * per event loop, however many calls. Filled under its owner's lock; after that used on one thread.
 */
final class ReactionBatchBuilder {
  /** With the longest names and all kinds, an item of this many streams stays below 1 MiB. */
  private static final int MAX_STREAMS = 1_000;

  private final long number;
  private final int kinds;
  private final long atMs;
  private final Map<String, long[]> counts = new HashMap<>();
  private final Map<Context, Promise<Void>> waiting = new IdentityHashMap<>(8);
  private int calls;
  private long reactions;

  ReactionBatchBuilder(long number, int kinds, long atMs) {
    this.number = number;
    this.kinds = kinds;
    this.atMs = atMs;
  }

  Future<Void> add(String stream, int kind, long count, Context caller) {
    counts.computeIfAbsent(stream, s -> new long[kinds])[kind] += count;
    calls++;
    reactions += count;
    return waiting.computeIfAbsent(caller, Contexts::promise).future();
  }

  boolean full() {
    return counts.size() >= MAX_STREAMS;
  }

  int calls() {
    return calls;
  }

  long reactions() {
    return reactions;
  }

  ReactionBatch build(String source, String region, List<String> names) {
    ReactionBatch.Builder batch =
        ReactionBatch.newBuilder()
            .setSource(source)
            .setNumber(number)
            .setAtMs(atMs)
            .setRegion(region);
    counts.forEach((stream, of) -> batch.addStreams(reactions(stream, of, names)));
    return batch.build();
  }

  private static StreamReactions reactions(String stream, long[] counts, List<String> names) {
    StreamReactions.Builder reactions = StreamReactions.newBuilder().setStream(stream);
    for (int kind = 0; kind < counts.length; kind++) {
      if (counts[kind] > 0) {
        reactions.putCounts(names.get(kind), counts[kind]);
      }
    }
    return reactions.build();
  }

  void succeed() {
    waiting.values().forEach(Promise::tryComplete);
  }

  void fail(Throwable cause) {
    waiting.values().forEach(promise -> promise.tryFail(cause));
  }
}
