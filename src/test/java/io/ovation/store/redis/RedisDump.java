package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.GoldenRecords;
import io.ovation.store.Store;
import io.ovation.testkit.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.StreamSupport;

/** The keys of a Redis as lines of text: the name, and what {@code DUMP} says, both in hex. */
public final class RedisDump {
  private static final HexFormat HEX = HexFormat.of();

  private RedisDump() {}

  public static Store connect(Vertx vertx, RedisServer redis) {
    return await(
        RedisStore.connect(
            vertx,
            new Config.Redis(redis.uri(), Duration.ofSeconds(5), 2, 100, Duration.ofSeconds(5)),
            GoldenRecords.history(),
            new Metrics(),
            failure -> {}));
  }

  public static List<String> keys(Vertx vertx, RedisServer redis) {
    return StreamSupport.stream(RedisProbe.command(vertx, redis, "KEYS", "*").spliterator(), false)
        .map(Object::toString)
        .sorted()
        .map(
            key ->
                HEX.formatHex(key.getBytes(UTF_8)) + " " + HEX.formatHex(dump(vertx, redis, key)))
        .toList();
  }

  private static byte[] dump(Vertx vertx, RedisServer redis, String key) {
    return RedisProbe.command(vertx, redis, "DUMP", key).toBytes();
  }

  /** No key expires: how long each lives is not part of what it says. */
  static void restore(Vertx vertx, RedisServer redis, List<String> lines) {
    Redis client = Redis.createClient(vertx, redis.uri());
    for (String line : lines) {
      String[] parts = line.split(" ", -1);
      await(
          client.send(
              Request.cmd(Command.RESTORE)
                  .arg(Buffer.buffer(HEX.parseHex(parts[0])))
                  .arg(0)
                  .arg(Buffer.buffer(HEX.parseHex(parts[1])))));
    }
    await(client.close());
  }
}
