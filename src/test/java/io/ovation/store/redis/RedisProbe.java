package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;

import io.ovation.testkit.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;

/** Looks into Redis past the store. */
final class RedisProbe {
  private RedisProbe() {}

  static Response command(Vertx vertx, RedisServer redis, String name, String... args) {
    Redis client = Redis.createClient(vertx, redis.uri());
    try {
      Request request = Request.cmd(Command.create(name));
      for (String arg : args) {
        request.arg(arg);
      }
      return await(client.send(request));
    } finally {
      await(client.close());
    }
  }
}
