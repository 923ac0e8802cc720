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
 * Opens a broker for a program that uses Ovation's queue as a library. Bounds are the server's
 * defaults (its {@code conf/ovation.yaml}); a program that wants others builds the records of
 * {@link Config} itself. Any thread; the futures complete on the caller's context.
 */
public final class Brokers {
  private Brokers() {}

  /** In a directory of this process's own. Fails when another process has it. */
  public static Future<Broker> embedded(Vertx vertx, Path directory, Metrics metrics) {
    Config config = defaults(Map.of("OVATION_DATA_DIR", directory.toString()));
    return EmbeddedBroker.open(vertx, config.data(), metrics);
  }

  /**
   * On RabbitMQ, tried until it is reached or {@code rabbitmq.reconnect_limit} is over.
   *
   * @param uri {@code amqp://user:password@host:port/vhost}
   * @param lost called, on any thread, when it stayed away past that limit later
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
