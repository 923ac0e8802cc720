package io.ovation.store.redis;

import io.ovation.config.Config;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections to the primary: the Redis of {@code redis.uri}, or the one that most of its
 * Sentinels name. Confined to the executor's context.
 */
final class RedisPrimary {
  private static final Logger log = LoggerFactory.getLogger(RedisPrimary.class);

  /**
   * Timeouts without a byte from Redis after which a connection is closed. Nothing else ends a
   * command or a handshake whose peer vanished without closing. An idle connection is closed too
   * and opened again when it is needed.
   */
  private static final int SILENT_TIMEOUTS = 4;

  private static final long MIN_SILENCE_MS = 5_000;

  private final Vertx vertx;
  private final Config.Redis config;
  private final RedisAddress address;
  private String host;
  private @Nullable Redis client;

  RedisPrimary(Vertx vertx, Config.Redis config) {
    this.vertx = vertx;
    this.config = config;
    this.address = RedisAddress.of(config.uri());
    this.host = address.hosts().get(0);
    if (address.master() == null) {
      client = client(host, address.password(), config.connections() + 1); // One for the probe.
    }
  }

  /** For logs. */
  String where() {
    return address.master() == null ? address.text() : host + ", " + address.text();
  }

  /** Fails while no primary is known. A lost connection fails its calls and nothing else. */
  Future<RedisConnection> connect() {
    return client == null
        ? Future.failedFuture("no Sentinel has named the primary yet")
        : client
            .connect()
            .onSuccess(
                connection ->
                    connection.exceptionHandler(failure -> log.debug("connection lost", failure)));
  }

  /** Asks the Sentinels where the primary is, and goes there. */
  Future<Void> locate() {
    if (address.master() == null) {
      return Future.succeededFuture();
    }
    List<Future<String>> asked = address.hosts().stream().map(this::ask).toList();
    return Future.join(asked)
        .transform(
            done -> {
              Map<String, Long> votes =
                  asked.stream()
                      .filter(Future::succeeded)
                      .collect(Collectors.groupingBy(Future::result, Collectors.counting()));
              return votes.entrySet().stream()
                  .max(Comparator.comparingLong(Map.Entry::getValue))
                  .map(most -> moveTo(most.getKey()))
                  .orElseGet(() -> Future.failedFuture(asked.get(0).cause()));
            });
  }

  private Future<Void> moveTo(String newest) {
    if (client == null || !newest.equals(host)) {
      log.info("The Sentinels name {} as the primary of {}", newest, address.master());
      Redis before = client;
      host = newest;
      client = client(newest, address.password(), config.connections() + 1);
      if (before != null) {
        before.close();
      }
    }
    return Future.succeededFuture();
  }

  private Future<String> ask(String sentinel) {
    String name = Objects.requireNonNull(address.master());
    Request question = Request.cmd(Command.SENTINEL, "GET-MASTER-ADDR-BY-NAME", name);
    Redis asked = client(sentinel, address.sentinelPassword(), 1);
    return asked
        .send(question)
        .timeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .map((Function<@Nullable Response, String>) answer -> location(sentinel, name, answer))
        .eventually(asked::close);
  }

  private static String location(String sentinel, String name, @Nullable Response answer) {
    if (answer == null) {
      throw new StoreUnavailable("The Sentinel at " + sentinel + " knows no primary " + name);
    }
    return answer.get(0) + ":" + answer.get(1);
  }

  Future<Void> close() {
    return client == null ? Future.succeededFuture() : client.close();
  }

  private Redis client(String at, @Nullable String password, int connections) {
    boolean ofRedis = connections > 1;
    long timeout = config.timeout().toMillis();
    long silence = Math.max(MIN_SILENCE_MS, timeout * SILENT_TIMEOUTS);
    NetClientOptions net =
        new NetClientOptions()
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setConnectTimeout((int) Math.max(timeout, 1_000))
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            .setReadIdleTimeout((int) silence);
    if (address.tls()) {
      net.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
    }
    String scheme = address.tls() ? "rediss://" : "redis://";
    RedisOptions options =
        new RedisOptions()
            .setNetClientOptions(net)
            .setConnectionString(scheme + at + (ofRedis ? "/" + address.db() : ""))
            .setPoolName("ovation-store")
            .setMaxPoolSize(connections)
            .setMaxPoolWaiting(connections);
    if (password != null) {
      options.setPassword(password).setUser(ofRedis ? address.user() : null);
    }
    return Redis.createClient(vertx, options);
  }
}
