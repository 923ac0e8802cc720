package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.HistoryLimits;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.MeteredProxy;
import io.ovation.store.SharedTable;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The store on one Redis 6.2 or newer. {@link RedisKeys} and the scripts say what is stored where.
 */
public final class RedisStore implements Store {
  private final RedisExecutor redis;
  private final HistoryLimits limits;
  private final LastSeenIndex sightings;
  private final SharedTable table;

  private RedisStore(RedisExecutor redis, HistoryLimits limits, Metrics metrics) {
    this.redis = redis;
    this.limits = limits;
    this.sightings = MeteredProxy.of(LastSeenIndex.class, new RedisLastSeenIndex(redis), metrics);
    this.table = MeteredProxy.of(SharedTable.class, new RedisSharedTable(redis), metrics);
  }

  /**
   * Connects to Redis, retrying for {@code redis.reconnect_limit}; then fails with the last error.
   * Fails at once with a {@code ConfigException} if Redis refuses the user, or is a Redis Cluster.
   *
   * @param onLimit called once per later outage that lasts longer than the limit; on any thread
   */
  public static Future<Store> connect(
      Vertx vertx,
      Config.Redis config,
      Config.History history,
      Metrics metrics,
      Consumer<Throwable> onLimit) {
    RedisExecutor redis = new RedisExecutor(vertx, config, metrics, onLimit);
    HistoryLimits limits = HistoryLimits.of(history);
    return redis
        .start()
        .compose(v -> RedisConfigCheck.run(redis))
        .map(v -> MeteredProxy.of(Store.class, new RedisStore(redis, limits, metrics), metrics))
        .onFailure(failure -> redis.close());
  }

  @Override
  public Future<Long> takePartition(int partition, long atLeast) {
    List<String> keys = List.of(RedisKeys.epoch(partition));
    return redis.callFirst(LuaScript.TAKE, keys, atLeast).map(Response::toLong);
  }

  @Override
  public Future<List<Appended>> append(
      int partition, long epoch, List<Append> items, Map<String, Long> confirmed) {
    Map<String, Integer> streams = new LinkedHashMap<>();
    List<String> keys = new ArrayList<>();
    for (Append item : items) {
      if (streams.putIfAbsent(item.stream(), streams.size() + 1) == null) {
        keys.addAll(RedisKeys.stream(partition, item.stream()));
      }
    }
    List<Append> effects =
        items.stream().filter(item -> item.effect().kind() != Effect.Kind.NONE).toList();
    List<Object> args = new ArrayList<>(9 * items.size() + 6 * effects.size() + 7);
    args.addAll(List.of(limits.events(), limits.historyTtl(), limits.idTtl(), limits.stateTtl()));
    args.addAll(List.of(limits.bytes(), streams.size(), effects.size()));
    streams.keySet().forEach(stream -> args.add(confirmed.getOrDefault(stream, 0L)));
    for (Append item : items) {
      int stream = streams.getOrDefault(item.stream(), 0);
      keys.add(RedisKeys.id(partition, item));
      args.addAll(List.of(stream, item.proposed(), item.user(), item.id(), item.body()));
      args.add((item.delivered() ? 1 : 0) + (item.hidden() ? 2 : 0));
      Store.Origin origin = item.origin();
      args.addAll(
          origin == null
              ? List.of("", 0, 0)
              : List.of(origin.region(), origin.offset(), origin.previous()));
    }
    for (Append item : effects) {
      Effect effect = item.effect();
      keys.add(RedisKeys.id(partition, item.stream(), effect.user(), effect.id()));
      keys.add(RedisKeys.pins(partition, item.stream()));
      args.addAll(List.of(items.indexOf(item) + 1, effect.kind().name().toLowerCase(Locale.ROOT)));
      args.addAll(List.of(effect.user(), effect.id(), effect.ttlMs(), effect.most()));
    }
    items.stream()
        .filter(item -> item.origin() != null)
        .forEach(item -> keys.add(RedisKeys.id(partition, item.stream(), item.user(), item.id())));
    return write(LuaScript.APPEND, partition, epoch, keys, args).map(RedisAnswers::appended);
  }

  @Override
  public Future<Void> appendHoles(int partition, long epoch, Map<String, Hole> holes) {
    return pages(holes.keySet(), page -> appendPage(partition, epoch, holes, page)).mapEmpty();
  }

  private Future<Response> appendPage(
      int partition, long epoch, Map<String, Hole> holes, List<String> streams) {
    List<String> keys = new ArrayList<>(3 * streams.size());
    List<Object> args = new ArrayList<>(2 * streams.size() + 3);
    args.addAll(List.of(limits.events(), limits.historyTtl(), limits.stateTtl()));
    for (String stream : streams) {
      Hole hole = Objects.requireNonNull(holes.get(stream));
      keys.addAll(RedisKeys.stream(partition, stream));
      args.addAll(List.of(hole.from(), hole.to()));
    }
    return write(LuaScript.HOLES, partition, epoch, keys, args);
  }

  /** Calls {@code page} with one page of streams after the other; the answers in their order. */
  private static <T> Future<List<T>> pages(
      Collection<String> streams, Function<List<String>, Future<T>> page) {
    List<String> all = List.copyOf(streams);
    Future<List<T>> answers = Future.succeededFuture(new ArrayList<>());
    for (int from = 0; from < all.size(); from += PAGE) {
      List<String> next = all.subList(from, Math.min(all.size(), from + PAGE));
      answers =
          answers.compose(
              before ->
                  page.apply(next)
                      .map(
                          answer -> {
                            before.add(answer);
                            return before;
                          }));
    }
    return answers;
  }

  /**
   * Runs a script whose first key and argument are the partition's epoch. Fails with {@link
   * StaleEpoch} if its answer begins with 0.
   */
  private Future<Response> write(
      LuaScript script, int partition, long epoch, List<String> keys, List<?> args) {
    List<String> allKeys = new ArrayList<>(keys);
    allKeys.add(0, RedisKeys.epoch(partition));
    List<Object> allArgs = new ArrayList<>(args);
    allArgs.add(0, epoch);
    return redis
        .callFirst(script, allKeys, allArgs.toArray())
        .map(
            answer -> {
              if (answer.get(0).toInteger() == 0) {
                throw new StaleEpoch(partition, epoch);
              }
              return answer;
            });
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    // One more than the limit shows whether there are more.
    return redis
        .call(LuaScript.HISTORY, RedisKeys.stream(partition, stream), after + 1, limit + 1L)
        .map(answer -> RedisAnswers.page(answer, after, limit));
  }

  @Override
  public Future<List<Kept>> newest(int partition, String stream, long before, int limit) {
    List<String> keys = List.of(RedisKeys.history(partition, stream));
    return redis
        .call(LuaScript.NEWEST, keys, Math.max(1, before) + "-0", limit)
        .map(
            answer -> {
              List<Kept> newest = new ArrayList<>();
              answer.forEach(event -> newest.add(RedisAnswers.event(event)));
              return newest;
            });
  }

  @Override
  public Future<List<Long>> offsetsOf(List<EventId> ids) {
    Object[] keys = ids.stream().map(RedisKeys::id).toArray();
    return redis.call(Command.MGET, keys).map(RedisAnswers::offsets);
  }

  @Override
  public Future<List<Pin>> pins(int partition, String stream) {
    return redis
        .call(LuaScript.PINS, List.of(RedisKeys.pins(partition, stream)))
        .map(
            answer -> {
              List<Pin> pins = new ArrayList<>();
              for (int i = 0; i < answer.size(); i += 4) {
                long offset = answer.get(i + 1).toLong();
                long left = answer.get(i + 2).toLong();
                pins.add(
                    new Pin(
                        answer.get(i).toString(UTF_8), offset, left, answer.get(i + 3).toBytes()));
              }
              return pins;
            });
  }

  @Override
  public Future<Long> otherPins(int partition, String stream, String name) {
    return redis
        .call(LuaScript.OTHER_PINS, List.of(RedisKeys.pins(partition, stream)), name)
        .map(Response::toLong);
  }

  @Override
  public Future<List<String>> streams() {
    return scan("0", new TreeSet<>()).map(List::copyOf);
  }

  private Future<Set<String>> scan(String cursor, Set<String> found) {
    return redis
        .call(Command.SCAN, cursor, "MATCH", RedisKeys.ALL_HISTORIES, "COUNT", "1000")
        .compose(
            answer -> {
              answer
                  .get(1)
                  .forEach(key -> found.add(key.toString().replaceFirst("^[^}]*\\}:h:", "")));
              String next = answer.get(0).toString();
              return next.equals("0") ? Future.succeededFuture(found) : scan(next, found);
            });
  }

  @Override
  public SharedTable table() {
    return table;
  }

  @Override
  public Future<Map<String, Long>> lastOffsets(int partition, Collection<String> streams) {
    return pages(streams, page -> lastPage(partition, page))
        .map(
            pages -> {
              Map<String, Long> all = new HashMap<>();
              pages.forEach(all::putAll);
              return all;
            });
  }

  private Future<Map<String, Long>> lastPage(int partition, List<String> streams) {
    List<String> keys = streams.stream().map(s -> RedisKeys.state(partition, s)).toList();
    return redis
        .call(LuaScript.LAST_OFFSETS, keys)
        .map(
            answer -> {
              Map<String, Long> lasts = new HashMap<>();
              for (int i = 0; i < answer.size(); i++) {
                lasts.put(streams.get(i), answer.get(i).toLong());
              }
              return lasts;
            });
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    long millis = HistoryLimits.millis(ttl);
    ReactionCall call = new ReactionCall(partition, batches, limits.idTtl(), millis);
    return write(LuaScript.REACT, partition, epoch, call.keys, call.args).map(call::read);
  }

  @Override
  public Future<Map<String, Map<String, Long>>> mergeReactions(
      int partition,
      long epoch,
      String region,
      Map<String, Map<String, Long>> totals,
      Duration ttl) {
    List<String> names = List.copyOf(totals.keySet());
    List<String> keys = new ArrayList<>();
    List<Object> args = new ArrayList<>(List.of(HistoryLimits.millis(ttl)));
    for (String stream : names) {
      keys.add(RedisKeys.reactions(partition, stream));
      Map<String, Long> counts = totals.getOrDefault(stream, Map.of());
      args.add(counts.size());
      counts.forEach((kind, count) -> args.addAll(List.of(region + "/" + kind, count)));
    }
    return write(LuaScript.REACT_MERGE, partition, epoch, keys, args)
        .map(answer -> ReactionCall.totals(names, answer, 1));
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(
      int partition, Collection<String> streams) {
    List<String> names = List.copyOf(streams);
    List<String> keys = names.stream().map(s -> RedisKeys.reactions(partition, s)).toList();
    return redis
        .call(LuaScript.REACTIONS, keys)
        .map(answer -> ReactionCall.totals(names, answer, 0));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    List<String> keys = List.of(RedisKeys.record(key));
    return redis
        .call(LuaScript.COMPARE_AND_SET, keys, expected, value, HistoryLimits.millis(ttl))
        .map(answer -> new Versioned(answer.get(0).toLong(), answer.get(1).toString(UTF_8)));
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return redis.call(Command.HMGET, RedisKeys.record(key), "n", "v").map(RedisAnswers::versioned);
  }

  @Override
  public Future<String> setOnce(String key, String value) {
    return redis
        .call(LuaScript.SET_ONCE, List.of(RedisKeys.fact(key)), value)
        .map(answer -> answer.toString(UTF_8));
  }

  @Override
  public Future<Long> now() {
    return redis
        .call(Command.TIME)
        .map(time -> time.get(0).toLong() * 1_000 + time.get(1).toLong() / 1_000);
  }

  @Override
  public LastSeenIndex sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return redis.ping();
  }

  @Override
  public Future<Void> close() {
    return redis.close();
  }
}
