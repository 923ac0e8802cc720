package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ovation.store.LastSeenIndex;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sightings as keys with a time to live, and sorted sets beside them: {@code see.lua}. */
final class RedisLastSeenIndex implements LastSeenIndex {
  private final RedisExecutor redis;

  RedisLastSeenIndex(RedisExecutor redis) {
    this.redis = redis;
  }

  @Override
  public Future<List<Long>> see(List<Sighting> seen, Duration ttl) {
    if (seen.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    List<byte[]> keys = new ArrayList<>(seen.size() + 3);
    keys.add(RedisKeys.sightingsByExpiry());
    keys.add(RedisKeys.sightingsById());
    keys.add(RedisKeys.seenBefore());
    seen.forEach(sighting -> keys.add(RedisKeys.sighting(sighting.id())));
    long called = System.nanoTime();
    // A call may wait before it is sent; that must not prolong what it writes.
    return redis
        .call(connection -> LuaScript.SEE.call(connection, keys, args(seen, ttl, called)))
        .map(RedisLastSeenIndex::longs);
  }

  private static List<byte[]> args(List<Sighting> seen, Duration ttl, long called) {
    long age = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - called);
    byte[] left = HistoryLimits.number(Math.max(1, ttl.toMillis() - age));
    List<byte[]> args = new ArrayList<>(3 * seen.size() + 1);
    args.add(HistoryLimits.millis(MEMORY));
    for (Sighting sighting : seen) {
      args.add(member(sighting.id()));
      args.add(left);
      args.add(HistoryLimits.number(sighting.lastSeenMs()));
    }
    return args;
  }

  @Override
  public Future<Optional<Sighting>> find(long id) {
    return redis
        .call(Request.cmd(Command.GET).arg(RedisKeys.sighting(id)))
        .map(answer -> Optional.ofNullable(answer).map(seen -> new Sighting(id, seen.toLong())));
  }

  @Override
  public Future<Page> page(@Nullable Long after, int limit) {
    List<byte[]> keys = List.of(RedisKeys.sightingsByExpiry(), RedisKeys.sightingsById());
    byte[] from = after == null ? new byte[] {'-'} : ("(" + text(after)).getBytes(US_ASCII);
    List<byte[]> args =
        List.of(from, HistoryLimits.number(limit), RedisKeys.SIGHTING.getBytes(US_ASCII));
    return redis
        .call(connection -> LuaScript.SIGHTINGS.call(connection, keys, args))
        .map(RedisLastSeenIndex::read);
  }

  private static Page read(Response answer) {
    List<Sighting> page = new ArrayList<>(answer.size() / 2);
    for (int i = 2; i < answer.size(); i += 2) {
      page.add(new Sighting(answer.get(i).toLong(), answer.get(i + 1).toLong()));
    }
    String last = answer.get(0).toString(US_ASCII);
    boolean more = answer.get(1).toInteger() == 1;
    return new Page(page, more ? Long.valueOf(last.substring(last.indexOf(':') + 1)) : null);
  }

  @Override
  public Future<List<Long>> states(List<Long> ids) {
    if (ids.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    List<byte[]> keys = new ArrayList<>(ids.size() + 1);
    keys.add(RedisKeys.seenBefore());
    ids.forEach(id -> keys.add(RedisKeys.sighting(id)));
    List<byte[]> args = ids.stream().map(RedisLastSeenIndex::member).toList();
    return redis
        .call(connection -> LuaScript.SIGHTING_STATES.call(connection, keys, args))
        .map(RedisLastSeenIndex::longs);
  }

  @Override
  public Future<Long> count() {
    List<byte[]> keys = List.of(RedisKeys.sightingsByExpiry());
    return redis
        .call(connection -> LuaScript.SIGHTING_COUNT.call(connection, keys, List.of()))
        .map(Response::toLong);
  }

  private static List<Long> longs(Response answer) {
    List<Long> numbers = new ArrayList<>(answer.size());
    answer.forEach(number -> numbers.add(number.toLong()));
    return numbers;
  }

  private static byte[] member(long id) {
    return text(id).getBytes(US_ASCII);
  }

  /** Sorts in the order of the numbers. */
  private static String text(long id) {
    return HexFormat.of().toHexDigits(id ^ Long.MIN_VALUE) + ":" + id;
  }
}
