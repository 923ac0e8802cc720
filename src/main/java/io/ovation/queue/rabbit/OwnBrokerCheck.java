package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Connection;
import io.ovation.config.Config;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Finds addresses that lead to this installation's own RabbitMQ, whatever host, port or user they
 * name: a queue that is exclusive to a connection to the own one is looked for behind the others.
 */
public final class OwnBrokerCheck {
  /** Only for addresses that do not answer. */
  private static final long PATIENCE_MS = 10_000;

  private static final int ABORT_MS = 2_000;

  private OwnBrokerCheck() {}

  /**
   * The names whose address leads to the own RabbitMQ, in the same vhost. One that does not answer
   * within 10 s counts as another RabbitMQ. Never fails.
   *
   * @param uris of other installations, as {@code rabbitmq.uri}, by name
   */
  public static Future<Set<String>> among(
      Vertx vertx, Map<String, String> uris, Config.Rabbitmq own) {
    Set<String> same = ConcurrentHashMap.newKeySet();
    String marker = "ovation.check." + UUID.randomUUID();
    return vertx
        .executeBlocking(() -> declare(own, marker), false)
        .compose(
            connection -> {
              List<Future<Void>> asked = new ArrayList<>();
              uris.forEach((name, uri) -> asked.add(ask(vertx, name, uri, own, marker, same)));
              return Future.join(asked)
                  .timeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
                  .eventually(() -> vertx.executeBlocking(() -> abort(connection), false));
            })
        .transform(done -> Future.succeededFuture(Set.copyOf(same)));
  }

  private static Connection declare(Config.Rabbitmq own, String marker)
      throws IOException, TimeoutException {
    Connection connection = open(own);
    connection.createChannel().queueDeclare(marker, false, true, true, Map.of());
    return connection;
  }

  private static Connection abort(Connection connection) {
    connection.abort(ABORT_MS);
    return connection;
  }

  private static Connection open(Config.Rabbitmq config) throws IOException, TimeoutException {
    return ConnectionFactories.of(config)
        .newConnection(AmqpUri.parse(config.uri()).addresses(), "ovation-check");
  }

  private static Future<Void> ask(
      Vertx vertx, String name, String uri, Config.Rabbitmq own, String marker, Set<String> same) {
    return vertx
        .executeBlocking(() -> has(RemotePublisher.config(uri, own), marker), false)
        .onSuccess(
            has -> {
              if (has) {
                same.add(name);
              }
            })
        .mapEmpty();
  }

  /** Of another connection's exclusive queue RabbitMQ says that it is locked. */
  private static boolean has(Config.Rabbitmq config, String marker)
      throws IOException, TimeoutException {
    try (Connection connection = open(config)) {
      connection.createChannel().queueDeclarePassive(marker);
      return true;
    } catch (IOException e) {
      return AmqpErrors.closedChannel(e, AMQP.RESOURCE_LOCKED);
    }
  }
}
