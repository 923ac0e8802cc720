package io.ovation.liveness;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.rabbit.RabbitBroker;
import io.ovation.store.redis.RedisStore;
import io.ovation.testkit.DispatchAndSupervise;
import io.ovation.testkit.Servers;
import java.time.Duration;

/** Liveness on a real RabbitMQ and a real Redis. */
class RabbitLivenessIT extends LivenessContract {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Override
  protected LivenessFixture plant() {
    Config.Rabbitmq rabbit =
        new Config.Rabbitmq(
            Servers.rabbit().uri("liveness"),
            Duration.ofSeconds(4),
            Duration.ofSeconds(5),
            10_000,
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            LIMIT);
    Config.Redis redis =
        new Config.Redis(Servers.redis().uri(), Duration.ofSeconds(2), 4, 10_000, LIMIT);
    LivenessFixture plant =
        new LivenessFixture(
            vertx ->
                DispatchAndSupervise.await(
                    RabbitBroker.connect(vertx, rabbit, new Metrics(), failure -> {})
                        .map(it -> (Broker) it)),
            vertx ->
                DispatchAndSupervise.await(
                    RedisStore.connect(vertx, redis, history(), new Metrics(), failure -> {})));
    emptyTheQueue();
    return plant;
  }

  /** Tests that stop or kill what checks leave items. */
  private static void emptyTheQueue() {
    try {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(Servers.rabbit().uri("liveness"));
      try (Connection connection = factory.newConnection();
          Channel channel = connection.createChannel()) {
        for (int partition = 0; partition < LivenessFixture.PARTITIONS.count(); partition++) {
          channel.queuePurge(new QueueName("liveness", Lane.NORMAL, partition).text());
        }
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
