package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.MeteredProxy;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The store on one Redis 6.2 or newer. {@link RedisKeys} and the scripts say what is stored where.
 */
public final class RedisStore implements Store {
  /** Streams in one call, so that no script keeps Redis from its other work for long. */
  private static final int PAGE = 1_000;

  private final RedisExecutor redis;
  private final HistoryLimits limits;
  private final LastSeenIndex sightings;

  private RedisStore(RedisExecutor redis, HistoryLimits limits, Metrics metrics) {
    this.redis = redis;
    this.limits = limits;
    this.sightings = MeteredProxy.of(LastSeenIndex.class, new RedisLastSeenIndex(redis), metrics);
  }

  /**
   * Connects to Redis, retrying for {@code redis.reconnect_limit}; then fails with the last error.
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
    List<byte[]> keys = List.of(RedisKeys.epoch(partition));
    List<byte[]> args = List.of(HistoryLimits.number(atLeast));
    return redis
        .call(connection -> LuaScript.TAKE.call(connection, keys, args))
        .map(Response::toLong);
  }

  @Override
  public Future<List<Appended>> append(int partition, long epoch, List<Append> items) {
    AppendCall call = new AppendCall(partition, epoch, List.copyOf(items), limits);
    return redis.call(call::send).map(call::read);
  }

  @Override
  public Future<Void> appendHoles(int partition, long epoch, List<Hole> holes) {
    List<byte[]> keys = new ArrayList<>();
    keys.add(RedisKeys.epoch(partition));
    List<byte[]> args = new ArrayList<>();
    args.add(HistoryLimits.number(epoch));
    args.add(limits.events());
    args.add(limits.historyTtl());
    args.add(limits.stateTtl());
    for (Hole hole : holes) {
      keys.add(RedisKeys.state(partition, hole.stream()));
      keys.add(RedisKeys.history(partition, hole.stream()));
      keys.add(RedisKeys.holes(partition, hole.stream()));
      args.add(HistoryLimits.number(hole.from()));
      args.add(HistoryLimits.number(hole.to()));
    }
    return redis
        .call(connection -> LuaScript.HOLES.call(connection, keys, args))
        .map(
            answer -> {
              if (answer.toInteger() == 0) {
                throw new StaleEpoch(partition, epoch);
              }
              return null;
            });
  }

  @Override
  public Future<History> history(int partition, String stream, long after, int limit) {
    List<byte[]> keys =
        List.of(
            RedisKeys.state(partition, stream),
            RedisKeys.history(partition, stream),
            RedisKeys.holes(partition, stream));
    // One more than the limit shows whether there are more.
    List<byte[]> args = List.of(HistoryLimits.number(after + 1), HistoryLimits.number(limit + 1L));
    return redis
        .call(connection -> LuaScript.HISTORY.call(connection, keys, args))
        .map(answer -> HistoryPage.read(answer, after, limit));
  }

  @Override
  public Future<Map<String, Long>> lastOffsets(int partition, Collection<String> streams) {
    return lastOffsets(partition, List.copyOf(streams), new HashMap<>());
  }

  private Future<Map<String, Long>> lastOffsets(
      int partition, List<String> streams, Map<String, Long> found) {
    List<String> page = streams.subList(0, Math.min(PAGE, streams.size()));
    List<byte[]> keys = page.stream().map(s -> RedisKeys.state(partition, s)).toList();
    return redis
        .call(connection -> LuaScript.LAST_OFFSETS.call(connection, keys, List.of()))
        .compose(
            answer -> {
              for (int i = 0; i < page.size(); i++) {
                found.put(page.get(i), answer.get(i).toLong());
              }
              return page.size() == streams.size()
                  ? Future.succeededFuture(found)
                  : lastOffsets(partition, streams.subList(PAGE, streams.size()), found);
            });
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    ReactionCall call = new ReactionCall(partition, epoch, List.copyOf(batches), ttl, limits);
    return redis.call(call::send).map(call::read);
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(
      int partition, Collection<String> streams) {
    List<String> names = List.copyOf(streams);
    List<byte[]> keys = names.stream().map(s -> RedisKeys.reactions(partition, s)).toList();
    return redis
        .call(connection -> LuaScript.REACTIONS.call(connection, keys, List.of()))
        .map(answer -> ReactionCall.totals(names, answer, 0));
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    List<byte[]> keys = List.of(RedisKeys.record(key));
    List<byte[]> args =
        List.of(HistoryLimits.number(expected), value.getBytes(UTF_8), HistoryLimits.millis(ttl));
    return redis
        .call(connection -> LuaScript.COMPARE_AND_SET.call(connection, keys, args))
        .map(answer -> new Versioned(answer.get(0).toLong(), answer.get(1).toString(UTF_8)));
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return redis
        .call(Request.cmd(Command.HMGET).arg(RedisKeys.record(key)).arg("n").arg("v"))
        .map(RedisStore::versioned);
  }

  @Override
  public Future<String> setOnce(String key, String value) {
    List<byte[]> keys = List.of(RedisKeys.fact(key));
    List<byte[]> args = List.of(value.getBytes(UTF_8));
    return redis
        .call(connection -> LuaScript.SET_ONCE.call(connection, keys, args))
        .map(answer -> answer.toString(UTF_8));
  }

  @Override
  public LastSeenIndex sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return redis.call(Request.cmd(Command.PING)).mapEmpty();
  }

  @Override
  public Future<Long> time() {
    return redis
        .call(Request.cmd(Command.TIME))
        .map(answer -> answer.get(0).toLong() * 1_000_000 + answer.get(1).toLong());
  }

  @Override
  public Future<Void> close() {
    return redis.close();
  }

  private static Optional<Versioned> versioned(Response answer) {
    Response version = answer.get(0);
    return version == null
        ? Optional.empty()
        : Optional.of(new Versioned(version.toLong(), answer.get(1).toString(UTF_8)));
  }
}
