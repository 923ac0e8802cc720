package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Added;
import io.ovation.store.Store.Reactions;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One call of {@code react.lua}: its keys and arguments, and its answer read back. */
final class ReactionCall {
  /** Numbers of one source that share a key: half a kilobyte. */
  private static final long BLOCK = 4_096;

  final List<String> keys = new ArrayList<>();
  final List<Object> args = new ArrayList<>();
  private final List<Reactions> batches;

  /** Each with its number, from 1. */
  private final Map<String, Integer> streams = new LinkedHashMap<>();

  ReactionCall(int partition, List<Reactions> batches, long idTtl, long ttl) {
    this.batches = List.copyOf(batches);
    args.addAll(List.of(idTtl, ttl, batches.size()));
    for (Reactions batch : batches) {
      keys.add(RedisKeys.numbers(partition, batch.source(), batch.number() / BLOCK));
      args.add(batch.number() % BLOCK);
      args.add(batch.counts().values().stream().mapToInt(Map::size).sum());
      batch.counts().forEach(this::add);
    }
    streams.keySet().forEach(stream -> keys.add(RedisKeys.reactions(partition, stream)));
  }

  private void add(String stream, Map<String, Long> counts) {
    int number = streams.computeIfAbsent(stream, s -> streams.size() + 1);
    counts.forEach((kind, count) -> args.addAll(List.of(number, kind, count)));
  }

  Added read(Response answer) {
    List<Boolean> known = new ArrayList<>(batches.size());
    for (int b = 1; b <= batches.size(); b++) {
      known.add(answer.get(b).toInteger() == 1);
    }
    return new Added(known, totals(streams.keySet(), answer, 1 + batches.size()));
  }

  /** The totals in an answer, in the streams' order. */
  static Map<String, Map<String, Long>> totals(
      Collection<String> streams, Response answer, int from) {
    Map<String, Map<String, Long>> totals = new HashMap<>();
    int at = from;
    for (String stream : streams) {
      Map<String, Long> counts = counts(answer.get(at++));
      if (!counts.isEmpty()) {
        totals.put(stream, counts);
      }
    }
    return totals;
  }

  private static Map<String, Long> counts(Response pairs) {
    Map<String, Long> counts = new HashMap<>();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      counts.put(pairs.get(i).toString(UTF_8), pairs.get(i + 1).toLong());
    }
    return counts;
  }
}
