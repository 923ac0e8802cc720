package io.ovation.store.redis;

import io.ovation.config.ConfigException;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns if Redis is configured so that it loses what the store promises to keep. A hosted Redis
 * that does not show its settings is assumed to be configured well.
 */
final class RedisConfigCheck {
  private static final Logger log = LoggerFactory.getLogger(RedisConfigCheck.class);

  private RedisConfigCheck() {}

  /** Completes when Redis has answered; fails if it is a Redis Cluster. */
  static Future<?> run(RedisExecutor redis) {
    return problems(redis).onSuccess(problems -> problems.forEach(log::warn));
  }

  /** What is configured badly, each with what to do. Fails if it is a Redis Cluster. */
  static Future<List<String>> problems(RedisExecutor redis) {
    List<String> problems = new ArrayList<>();
    return Future.join(
            redis
                .call(Command.INFO, "cluster")
                .otherwiseEmpty()
                .compose(info -> isCluster(info) ? refuse() : Future.succeededFuture()),
            expect(redis, "appendonly", "yes", "all data is lost when Redis restarts", problems),
            expect(
                redis,
                "appendfsync",
                "always",
                "the last second before a crash of Redis is lost",
                problems),
            expect(
                redis,
                "maxmemory-policy",
                "noeviction",
                "offsets are lost when memory runs out",
                problems))
        .map(problems);
  }

  private static boolean isCluster(@Nullable Response info) {
    return info != null && info.toString().contains("cluster_enabled:1");
  }

  private static Future<Void> refuse() {
    return Future.failedFuture(
        new ConfigException(
            "redis.uri names a Redis Cluster, which is not supported: its nodes share the keys. Use"
                + " one Redis, or a primary with replicas and Sentinel."));
  }

  private static Future<?> expect(
      RedisExecutor redis, String name, String value, String otherwise, List<String> problems) {
    return redis
        .call(Command.CONFIG, "GET", name)
        .onSuccess(
            answer -> {
              String actual = value(answer, name);
              if (actual != null && !actual.equals(value)) {
                String text = "Redis has %s %s: %s. Set %1$s %4$s.";
                problems.add(text.formatted(name, actual, otherwise, value));
              }
            })
        .otherwiseEmpty();
  }

  private static @Nullable String value(@Nullable Response answer, String name) {
    Response value = answer != null && answer.isMap() ? answer.get(name) : null;
    return value == null ? null : value.toString();
  }
}
