package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.ovation.async.Backoff;
import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.QueueMetrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A durable topic exchange, on a connection of its own: whatever is wrong with it, the queues are
 * not affected. It is declared on each connection, so that one that was deleted comes back. Any
 * thread.
 */
public final class EventExchange implements EventPublisher.Target {
  private static final int IN_FLIGHT = 50_000;

  private static final BasicProperties JSON =
      Publisher.PERSISTENT.builder().contentType("application/json").build();

  private final Vertx vertx;
  private final String name;
  private final Publisher publisher;
  private final ManagedConnection connection;

  /**
   * Begins to connect.
   *
   * @param giveUp called when RabbitMQ was unavailable for {@code rabbitmq.reconnect_limit}
   */
  public EventExchange(
      Vertx vertx, String name, Config.Rabbitmq config, Consumer<Throwable> giveUp) {
    this.vertx = vertx;
    this.name = name;
    InFlightLimiter inFlight = new InFlightLimiter(IN_FLIGHT);
    // The queues' meters must not count what goes to the exchange.
    QueueMetrics uncounted = new QueueMetrics(new Metrics(), inFlight);
    publisher =
        new Publisher(
            vertx, inFlight, config.confirmTimeout(), uncounted, System::nanoTime, () -> {});
    publisher.startSweeping();
    Backoff backoff = new Backoff(config.reconnectInitial(), 2, config.reconnectMax(), 0.5);
    connection =
        new ManagedConnection(
            "events",
            ConnectionFactories.of(config),
            config,
            backoff,
            new Declaring(),
            () -> {},
            giveUp);
    connection.start();
  }

  private final class Declaring implements ManagedConnection.Listener {
    @Override
    public void up(Connection opened) throws IOException {
      Channel channel = opened.createChannel();
      if (channel == null) {
        throw new IOException("RabbitMQ allows no more channels on this connection");
      }
      channel.exchangeDeclare(name, "topic", true);
      try {
        channel.close();
      } catch (TimeoutException e) {
        throw new IOException(e);
      }
      publisher.up(opened);
    }

    @Override
    public void down() {
      publisher.down();
    }
  }

  @Override
  public Future<Void> publish(String key, String id, byte[] json) {
    return publisher.publishToAny(name, key, json, JSON.builder().messageId(id).build());
  }

  /** Ends what waits for a confirm. Returns within 2 s. */
  public Future<Void> close() {
    return vertx.executeBlocking(
        () -> {
          publisher.close();
          connection.close();
          return null;
        },
        false);
  }
}
