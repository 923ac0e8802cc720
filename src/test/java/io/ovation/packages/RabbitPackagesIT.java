package io.ovation.packages;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.rabbit.RabbitBroker;
import io.ovation.store.Store;
import io.ovation.store.redis.RedisStore;
import io.ovation.testkit.Servers;
import io.vertx.core.Vertx;
import java.time.Duration;

/** The package coordinator on a real RabbitMQ and a real Redis. */
class RabbitPackagesIT extends PackagesContract {

  @Override
  protected PackageFixture.Ground ground() {
    return servers();
  }

  static PackageFixture.Ground servers() {
    return new PackageFixture.Ground() {
      @Override
      public Broker broker(Vertx vertx) {
        return PackageFixture.await(
            RabbitBroker.connect(
                vertx, rabbitmq(Servers.rabbit().uri("packages")), new Metrics(), failure -> {}));
      }

      @Override
      public Store store(Vertx vertx) {
        return PackageFixture.await(
            RedisStore.connect(
                vertx, redis(Servers.redis().uri()), history(), new Metrics(), failure -> {}));
      }
    };
  }

  static Config.Rabbitmq rabbitmq(String uri) {
    return new Config.Rabbitmq(
        uri,
        Duration.ofSeconds(4),
        Duration.ofSeconds(5),
        10_000,
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofMinutes(2));
  }

  static Config.Redis redis(String uri) {
    return new Config.Redis(uri, Duration.ofSeconds(2), 4, 10_000, Duration.ofMinutes(2));
  }

  static Config.History history() {
    return new Config.History(10, 1 << 22, Duration.ofHours(1));
  }

  @Override
  protected void restart() {
    Servers.rabbit().restart();
    Servers.redis().restart();
  }
}
