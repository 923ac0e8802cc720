package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Added;
import io.ovation.store.Store.Reactions;
import io.vertx.core.Future;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One call of {@code react.lua}: its arguments, and its answer read back. */
record ReactionCall(
    int partition, long epoch, List<Reactions> batches, Duration ttl, HistoryLimits limits) {
  /** Numbers of one source that share a key: half a kilobyte. */
  private static final long BLOCK = 4_096;

  Future<Response> send(RedisConnection connection) {
    Map<String, Integer> streams = streams();
    return LuaScript.REACT.call(connection, keys(streams), args(streams));
  }

  /** Each with its number, from 1. */
  private Map<String, Integer> streams() {
    Map<String, Integer> streams = new LinkedHashMap<>();
    for (Reactions batch : batches) {
      batch.counts().keySet().forEach(s -> streams.putIfAbsent(s, streams.size() + 1));
    }
    return streams;
  }

  private List<byte[]> keys(Map<String, Integer> streams) {
    List<byte[]> keys = new ArrayList<>(1 + batches.size() + streams.size());
    keys.add(RedisKeys.epoch(partition));
    for (Reactions batch : batches) {
      keys.add(RedisKeys.numbers(partition, batch.source(), batch.number() / BLOCK));
    }
    streams.keySet().forEach(stream -> keys.add(RedisKeys.reactions(partition, stream)));
    return keys;
  }

  private List<byte[]> args(Map<String, Integer> streams) {
    List<byte[]> args = new ArrayList<>();
    args.add(HistoryLimits.number(epoch));
    args.add(limits.idTtl());
    args.add(HistoryLimits.millis(ttl));
    args.add(HistoryLimits.number(batches.size()));
    for (Reactions batch : batches) {
      args.add(HistoryLimits.number(batch.number() % BLOCK));
      args.add(HistoryLimits.number(batch.counts().values().stream().mapToInt(Map::size).sum()));
      batch
          .counts()
          .forEach(
              (stream, counts) ->
                  counts.forEach(
                      (kind, count) -> {
                        args.add(HistoryLimits.number(streams.getOrDefault(stream, 0)));
                        args.add(kind.getBytes(US_ASCII));
                        args.add(HistoryLimits.number(count));
                      }));
    }
    return args;
  }

  /** Throws {@link StaleEpoch} if the script refused. */
  Added read(Response answer) {
    if (answer.get(0).toInteger() == 0) {
      throw new StaleEpoch(partition, epoch);
    }
    List<Boolean> known = new ArrayList<>(batches.size());
    for (int b = 1; b <= batches.size(); b++) {
      known.add(answer.get(b).toInteger() == 1);
    }
    return new Added(known, totals(streams().keySet(), answer, 1 + batches.size()));
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
