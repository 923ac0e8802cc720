package io.ovation.store.redis;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of a Redis that is set up to lose what the store promises to keep. Hosted ones that don't
 * show their settings are taken at their word.
 */
final class RedisConfigCheck {
  private static final Logger log = LoggerFactory.getLogger(RedisConfigCheck.class);

  private RedisConfigCheck() {}

  /** Completes, never fails, when Redis was asked. */
  static Future<?> give(RedisExecutor link) {
    return Future.join(
        expect(link, "appendonly", "yes", "All is forgotten when Redis restarts"),
        expect(link, "appendfsync", "always", "The last second before a crash of Redis is lost"),
        expect(link, "maxmemory-policy", "noeviction", "Offsets are lost when memory runs out"));
  }

  private static Future<?> expect(RedisExecutor link, String name, String value, String otherwise) {
    return link.call(Request.cmd(Command.CONFIG).arg("GET").arg(name))
        .onSuccess(
            answer -> {
              String actual = value(answer, name);
              if (actual != null && !actual.equals(value)) {
                log.warn("Redis has {} {}: {}. Set {} {}.", name, actual, otherwise, name, value);
              }
            })
        .otherwiseEmpty();
  }

  private static @Nullable String value(@Nullable Response answer, String name) {
    Response value = answer != null && answer.isMap() ? answer.get(name) : null;
    return value == null ? null : value.toString();
  }
}
