package io.ovation.store.redis;

import static io.ovation.store.StoreAssertions.await;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.ReactionContract;
import io.ovation.store.Store;
import io.ovation.testkit.RedisServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract on a real Redis. */
class RedisStoreIT extends ReactionContract {
  private static RedisServer redis;

  @BeforeAll
  static void startRedis() {
    redis = new RedisServer();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @Override
  protected void forgetAll() {
    RedisProbe.command(vertx, redis, "FLUSHALL");
  }

  @Override
  protected Store open(Config.History history) {
    return await(
        RedisStore.connect(
            vertx,
            new Config.Redis(redis.uri(), Duration.ofSeconds(5), 4, 1_000, Duration.ofSeconds(5)),
            history,
            new Metrics(),
            failure -> {}));
  }
}
