package io.ovation.store.redis;

import io.ovation.config.Config;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** Makes the pooled Redis client. */
final class RedisClientFactory {
  /**
   * Timeouts without a byte from Redis after which a connection is closed. Nothing else ends a
   * command or a handshake whose peer vanished without closing. An idle connection is closed too
   * and opened again when it is needed.
   */
  private static final int SILENT_TIMEOUTS = 4;

  private static final long MIN_SILENCE_MS = 5_000;

  private RedisClientFactory() {}

  static Redis create(Vertx vertx, Config.Redis config) {
    long timeout = config.timeout().toMillis();
    long silence = Math.max(MIN_SILENCE_MS, timeout * SILENT_TIMEOUTS);
    NetClientOptions net =
        new NetClientOptions()
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setConnectTimeout((int) Math.max(timeout, 1_000))
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
            .setReadIdleTimeout((int) silence);
    if (config.uri().startsWith("rediss:")) {
      net.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
    }
    return Redis.createClient(
        vertx,
        new RedisOptions()
            .setNetClientOptions(net)
            .setConnectionString(config.uri())
            .setPoolName("ovation-store")
            .setMaxPoolSize(config.connections() + 1) // One for the probe.
            .setMaxPoolWaiting(config.connections() + 1));
  }

  /** Host and port without the password, for logs. */
  static String where(Config.Redis config) {
    URI uri = URI.create(config.uri());
    return uri.getHost() + ":" + (uri.getPort() < 0 ? 6379 : uri.getPort());
  }
}
