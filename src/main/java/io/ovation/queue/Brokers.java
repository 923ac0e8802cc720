package io.ovation.queue;

import io.ovation.config.Config;
import io.ovation.config.ConfigLoader;
import io.ovation.metrics.Metrics;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.queue.rabbit.RabbitBroker;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Opens a broker for a program that uses Ovation's queue as a library, with the bounds that the
 * server has by default ({@code conf/ovation.yaml}). For other bounds build the records of {@link
 * Config}. Any thread; futures complete on the caller's context.
 */
public final class Brokers {
  private Brokers() {}

  /** An embedded broker in {@code directory}. Fails when another process uses the directory. */
  public static Future<Broker> embedded(Vertx vertx, Path directory, Metrics metrics) {
    Config config = defaults(Map.of("OVATION_DATA_DIR", directory.toString()));
    return EmbeddedBroker.open(vertx, config.data(), metrics);
  }

  /**
   * A broker on RabbitMQ. Tries to connect for {@code rabbitmq.reconnect_limit} at most.
   *
   * @param uri {@code amqp://user:password@host:port/vhost}, or several hosts with commas
   * @param lost called, on any thread, when a later outage exceeds that limit
   */
  public static Future<Broker> rabbit(
      Vertx vertx, String uri, Metrics metrics, Consumer<Throwable> lost) {
    Config config = defaults(Map.of("OVATION_RABBITMQ_URI", uri));
    return RabbitBroker.connect(vertx, config.rabbitmq(), metrics, lost).map(it -> it);
  }

  private static Config defaults(Map<String, String> environment) {
    return new ConfigLoader(null, environment).load(null).config();
  }
}
