package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.LastSeenIndex;
import io.ovation.store.MeteredStore;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The store on one Redis 6.2 or newer. What is kept where: {@link RedisKeys} and the scripts. */
public final class RedisStore implements Store {
  private final RedisExecutor link;
  private final HistoryLimits limits;
  private final LastSeenIndex sightings;

  private RedisStore(RedisExecutor link, HistoryLimits limits) {
    this.link = link;
    this.limits = limits;
    this.sightings = new RedisLastSeenIndex(link);
  }

  /**
   * Reaches Redis, trying for as long as {@code redis.reconnect_limit}; then fails, saying why.
   *
   * @param giveUp called once per later outage that lasts longer than the limit; on any thread
   */
  public static Future<Store> connect(
      Vertx vertx,
      Config.Redis config,
      Config.History history,
      Metrics metrics,
      Consumer<Throwable> giveUp) {
    RedisExecutor link = new RedisExecutor(vertx, config, metrics, giveUp);
    return link.start()
        .compose(v -> RedisConfigCheck.give(link))
        .<Store>map(v -> new MeteredStore(new RedisStore(link, HistoryLimits.of(history)), metrics))
        .onFailure(failure -> link.close());
  }

  @Override
  public Future<Long> takePartition(int partition) {
    return link.call(Request.cmd(Command.INCR).arg(RedisKeys.epoch(partition)))
        .map(Response::toLong);
  }

  @Override
  public Future<List<Appended>> append(int partition, long epoch, List<Append> items) {
    AppendCall batch = new AppendCall(partition, epoch, List.copyOf(items), limits);
    return link.call(batch::send).map(batch::read);
  }

  @Override
  public Future<Void> appendHole(int partition, long epoch, String stream, long from, long to) {
    List<byte[]> keys =
        List.of(
            RedisKeys.epoch(partition),
            RedisKeys.state(partition, stream),
            RedisKeys.history(partition, stream),
            RedisKeys.holes(partition, stream));
    List<byte[]> args =
        List.of(
            HistoryLimits.number(epoch),
            HistoryLimits.number(from),
            HistoryLimits.number(to),
            limits.events(),
            limits.historyTtl(),
            limits.stateTtl());
    return link.call(connection -> LuaScript.HOLE.call(connection, keys, args))
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
    // One more than asked for tells whether there is more.
    List<byte[]> args = List.of(HistoryLimits.number(after + 1), HistoryLimits.number(limit + 1L));
    return link.call(connection -> LuaScript.HISTORY.call(connection, keys, args))
        .map(answer -> HistoryPage.read(answer, after, limit));
  }

  @Override
  public Future<Long> lastOffset(int partition, String stream) {
    return link.call(Request.cmd(Command.HGET).arg(RedisKeys.state(partition, stream)).arg("o"))
        .map(RedisStore::numberOrZero);
  }

  @Override
  public Future<Added> addReactions(
      int partition, long epoch, List<Reactions> batches, Duration ttl) {
    ReactionCall call = new ReactionCall(partition, epoch, List.copyOf(batches), ttl, limits);
    return link.call(call::send).map(call::read);
  }

  @Override
  public Future<Map<String, Map<String, Long>>> reactions(
      int partition, Collection<String> streams) {
    List<String> asked = List.copyOf(streams);
    List<byte[]> keys = asked.stream().map(s -> RedisKeys.reactions(partition, s)).toList();
    return link.call(connection -> LuaScript.REACTIONS.call(connection, keys, List.of()))
        .map(answer -> ReactionCall.totals(asked, answer, 0));
  }

  @Override
  public Future<Void> put(String key, String value, Duration ttl) {
    return link.call(
            Request.cmd(Command.SET)
                .arg(RedisKeys.value(key))
                .arg(value)
                .arg("PX")
                .arg(HistoryLimits.millis(ttl)))
        .mapEmpty();
  }

  @Override
  public Future<Optional<String>> get(String key) {
    return link.call(Request.cmd(Command.GET).arg(RedisKeys.value(key)))
        .map(answer -> Optional.ofNullable(answer).map(value -> value.toString(UTF_8)));
  }

  @Override
  public Future<Void> remove(String key) {
    return link.call(Request.cmd(Command.DEL).arg(RedisKeys.value(key))).mapEmpty();
  }

  @Override
  public Future<Versioned> compareAndSet(String key, long expected, String value, Duration ttl) {
    List<byte[]> keys = List.of(RedisKeys.record(key));
    List<byte[]> args =
        List.of(HistoryLimits.number(expected), value.getBytes(UTF_8), HistoryLimits.millis(ttl));
    return link.call(connection -> LuaScript.COMPARE_AND_SET.call(connection, keys, args))
        .map(answer -> new Versioned(answer.get(0).toLong(), answer.get(1).toString(UTF_8)));
  }

  @Override
  public Future<Optional<Versioned>> read(String key) {
    return link.call(Request.cmd(Command.HMGET).arg(RedisKeys.record(key)).arg("n").arg("v"))
        .map(RedisStore::versioned);
  }

  @Override
  public Future<String> fix(String key, String value) {
    List<byte[]> keys = List.of(RedisKeys.fact(key));
    List<byte[]> args = List.of(value.getBytes(UTF_8));
    return link.call(connection -> LuaScript.FIX.call(connection, keys, args))
        .map(answer -> answer.toString(UTF_8));
  }

  @Override
  public LastSeenIndex sightings() {
    return sightings;
  }

  @Override
  public Future<Void> ping() {
    return link.call(Request.cmd(Command.PING)).mapEmpty();
  }

  @Override
  public Future<Void> close() {
    return link.close();
  }

  private static Long numberOrZero(@Nullable Response answer) {
    return answer == null ? 0L : answer.toLong();
  }

  private static Optional<Versioned> versioned(Response answer) {
    Response version = answer.get(0);
    return version == null
        ? Optional.empty()
        : Optional.of(new Versioned(version.toLong(), answer.get(1).toString(UTF_8)));
  }
}
