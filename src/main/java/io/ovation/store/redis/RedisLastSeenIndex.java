package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ovation.store.LastSeenIndex;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
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
  private static final List<String> BY_EXPIRY_AND_ID =
      List.of(RedisKeys.BY_EXPIRY, RedisKeys.BY_ID);

  private final RedisExecutor redis;

  RedisLastSeenIndex(RedisExecutor redis) {
    this.redis = redis;
  }

  @Override
  public Future<List<Long>> see(List<Sighting> seen, Duration ttl) {
    if (seen.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    List<String> keys = new ArrayList<>(BY_EXPIRY_AND_ID);
    keys.add(RedisKeys.SEEN_BEFORE);
    seen.forEach(sighting -> keys.add(RedisKeys.SIGHTING + sighting.id()));
    long called = System.nanoTime();
    // A call may wait before it is sent; that must not prolong what it writes.
    return redis
        .call(connection -> LuaScript.SEE.call(connection, keys, args(seen, ttl, called)))
        .map(RedisLastSeenIndex::longs);
  }

  private static List<Object> args(List<Sighting> seen, Duration ttl, long called) {
    long age = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - called);
    long left = Math.max(1, ttl.toMillis() - age);
    List<Object> args = new ArrayList<>(3 * seen.size() + 1);
    args.add(MEMORY.toMillis());
    seen.forEach(s -> args.addAll(List.of(member(s.id()), left, s.lastSeenMs())));
    return args;
  }

  @Override
  public Future<Optional<Sighting>> find(long id) {
    return redis
        .call(Command.GET, RedisKeys.SIGHTING + id)
        .map(answer -> Optional.ofNullable(answer).map(seen -> new Sighting(id, seen.toLong())));
  }

  @Override
  public Future<Page> page(@Nullable Long after, int limit) {
    String from = after == null ? "-" : "(" + member(after);
    return redis
        .call(LuaScript.SIGHTINGS, BY_EXPIRY_AND_ID, from, limit, RedisKeys.SIGHTING)
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
    List<String> keys = new ArrayList<>(List.of(RedisKeys.SEEN_BEFORE));
    ids.forEach(id -> keys.add(RedisKeys.SIGHTING + id));
    Object[] args = ids.stream().map(RedisLastSeenIndex::member).toArray();
    return redis.call(LuaScript.SIGHTING_STATES, keys, args).map(RedisLastSeenIndex::longs);
  }

  @Override
  public Future<Long> count() {
    return redis.call(LuaScript.SIGHTING_COUNT, List.of(RedisKeys.BY_EXPIRY)).map(Response::toLong);
  }

  private static List<Long> longs(Response answer) {
    List<Long> numbers = new ArrayList<>(answer.size());
    answer.forEach(number -> numbers.add(number.toLong()));
    return numbers;
  }

  /** Sorts in the order of the numbers. */
  private static String member(long id) {
    return HexFormat.of().toHexDigits(id ^ Long.MIN_VALUE) + ":" + id;
  }
}
