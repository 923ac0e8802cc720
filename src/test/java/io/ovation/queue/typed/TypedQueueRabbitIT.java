package io.ovation.queue.typed;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Brokers;
import io.ovation.testkit.FutureResult;
import io.ovation.testkit.RabbitServer;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

@SuppressWarnings("NullAway.Init") // startServer comes first.
class TypedQueueRabbitIT extends TypedQueueContract {
  private static RabbitServer rabbit;

  @BeforeAll
  static void startServer() {
    rabbit = new RabbitServer();
  }

  @AfterAll
  static void stopServer() {
    rabbit.close();
  }

  @Override
  Broker open(Vertx vertx, Path dir) {
    return FutureResult.of(Brokers.rabbit(vertx, rabbit.uri(), new Metrics(), lost -> {}));
  }
}
