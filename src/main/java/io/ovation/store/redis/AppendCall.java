package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.vertx.core.Future;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One call of {@code append.lua}: its arguments, and its answer read back. */
record AppendCall(int partition, long epoch, List<Append> items, HistoryLimits limits) {

  Future<Response> send(RedisConnection connection) {
    Map<String, Integer> streams = new LinkedHashMap<>();
    items.forEach(item -> streams.putIfAbsent(item.stream(), streams.size() + 1));
    return LuaScript.APPEND.call(connection, keys(streams), args(streams));
  }

  private List<byte[]> keys(Map<String, Integer> streams) {
    List<byte[]> keys = new ArrayList<>();
    keys.add(RedisKeys.epoch(partition));
    for (String stream : streams.keySet()) {
      keys.add(RedisKeys.state(partition, stream));
      keys.add(RedisKeys.history(partition, stream));
      keys.add(RedisKeys.holes(partition, stream));
    }
    items.forEach(item -> keys.add(RedisKeys.id(partition, item)));
    return keys;
  }

  private List<byte[]> args(Map<String, Integer> streams) {
    List<byte[]> args = new ArrayList<>();
    args.add(HistoryLimits.number(epoch));
    args.add(limits.events());
    args.add(limits.historyTtl());
    args.add(limits.idTtl());
    args.add(limits.stateTtl());
    args.add(limits.bytes());
    args.add(HistoryLimits.number(streams.size()));
    for (Append item : items) {
      args.add(HistoryLimits.number(streams.getOrDefault(item.stream(), 0)));
      args.add(HistoryLimits.number(item.proposed()));
      args.add(item.user().getBytes(UTF_8));
      args.add(item.id().getBytes(UTF_8));
      args.add(item.body());
      args.add(HistoryLimits.number(item.delivered() ? 1 : 0));
    }
    return args;
  }

  /** Throws {@link StaleEpoch} if the script refused. */
  List<Appended> read(Response answer) {
    if (answer.get(0).toInteger() == 0) {
      throw new StaleEpoch(partition, epoch);
    }
    List<Appended> appended = new ArrayList<>(items.size());
    for (int i = 1; i < answer.size(); i += 3) {
      appended.add(
          new Appended(
              answer.get(i).toLong(),
              answer.get(i + 1).toLong(),
              answer.get(i + 2).toInteger() == 1));
    }
    return appended;
  }
}
