package io.ovation.store.redis;

import io.ovation.config.Config;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** The pooled client and its options. */
final class RedisClientFactory {
  /**
   * A connection on which Redis said nothing for so many timeouts is closed: the only end of a
   * command, or of a handshake, whose peer vanished without a word. One that is merely idle is
   * opened again when it is needed.
   */
  private static final int SILENT_TIMEOUTS = 4;

  private static final long LEAST_SILENCE_MS = 5_000;

  private RedisClientFactory() {}

  static Redis create(Vertx vertx, Config.Redis config) {
    long timeout = config.timeout().toMillis();
    long silence = Math.max(LEAST_SILENCE_MS, timeout * SILENT_TIMEOUTS);
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
