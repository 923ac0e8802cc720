package io.ovation.queue.typed;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Brokers;
import io.ovation.testkit.FutureResult;
import io.vertx.core.Vertx;
import java.nio.file.Path;

class TypedQueueEmbeddedTest extends TypedQueueContract {
  @Override
  Broker open(Vertx vertx, Path dir) {
    return FutureResult.of(Brokers.embedded(vertx, dir, new Metrics()));
  }
}
