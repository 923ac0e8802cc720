package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.HistoryLimits;
import io.ovation.store.SharedTable;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The shared table in Redis: {@code table_put.lua} says what is stored where. */
final class RedisSharedTable implements SharedTable {
  private static final List<String> CHANGES =
      List.of(RedisKeys.TABLE.get(0), RedisKeys.TABLE.get(1), RedisKeys.TABLE.get(3));

  private final RedisExecutor redis;

  RedisSharedTable(RedisExecutor redis) {
    this.redis = redis;
  }

  @Override
  public Future<Long> put(String key, String value, Duration ttl) {
    return redis
        .call(LuaScript.TABLE_PUT, RedisKeys.TABLE, key, value, HistoryLimits.millis(ttl), MAX_ROWS)
        .map(Response::toLong);
  }

  @Override
  public Future<Long> remove(String key) {
    return put(key, "", REMOVAL);
  }

  @Override
  public Future<Merged> merge(String own, Foreign row) {
    return redis
        .call(
            LuaScript.TABLE_PUT,
            RedisKeys.TABLE,
            row.key(),
            row.value(),
            HistoryLimits.millis(row.ttl()),
            MAX_ROWS,
            row.endsMs(),
            row.stamp(),
            row.region(),
            own,
            REMOVAL.toMillis())
        .map(
            answer ->
                answer.toLong() > 0
                    ? Merged.SET
                    : answer.toLong() == 0 ? Merged.FULL : Merged.OLDER);
  }

  @Override
  public Future<Changes> changes(long since) {
    return redis.call(LuaScript.TABLE_CHANGES, CHANGES, since, PAGE).map(RedisSharedTable::changes);
  }

  private static Changes changes(Response answer) {
    List<Row> rows = new ArrayList<>();
    for (int i = 2; i < answer.size(); i += 5) {
      rows.add(
          new Row(
              answer.get(i).toString(UTF_8),
              answer.get(i + 1).toLong(),
              answer.get(i + 2).toLong(),
              answer.get(i + 3).toString(UTF_8),
              answer.get(i + 4).toString(UTF_8).isEmpty()));
    }
    return new Changes(answer.get(0).toLong(), answer.get(1).toLong(), rows);
  }
}
