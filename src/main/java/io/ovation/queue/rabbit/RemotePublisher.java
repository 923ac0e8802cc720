package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.ovation.async.Backoff;
import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes, confirmed, to queues of another installation's RabbitMQ. It declares nothing there,
 * and it tries to connect for as long as it is not closed. Methods may be called from any thread;
 * futures complete on the caller's context.
 */
public final class RemotePublisher {
  private static final Logger log = LoggerFactory.getLogger(RemotePublisher.class);

  /** Publishes without an answer. Callers wait for one answer per partition. */
  private static final int IN_FLIGHT = 100_000;

  private static final int MAX_PARTITIONS = 4_096;
  private static final Duration FOREVER = Duration.ofDays(36_500);

  /** After a refused login, which the connection itself does not retry. */
  private static final long REFUSED_PAUSE_MS = 10_000;

  private final Vertx vertx;
  private final String name;
  private final Config.Rabbitmq config;
  private final Publisher publisher;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile ManagedConnection connection;

  /**
   * Begins to connect.
   *
   * @param name of the other installation, for logs
   * @param uri of its RabbitMQ, as {@code rabbitmq.uri}
   * @param own how this installation connects to its own RabbitMQ
   */
  public RemotePublisher(Vertx vertx, String name, String uri, Config.Rabbitmq own) {
    this.vertx = vertx;
    this.name = name;
    this.config = config(uri, own);
    InFlightLimiter inFlight = new InFlightLimiter(IN_FLIGHT);
    // Meters of the own queue must not count what goes to another.
    QueueMetrics uncounted = new QueueMetrics(new Metrics(), inFlight);
    publisher =
        new Publisher(
            vertx, inFlight, config.confirmTimeout(), uncounted, System::nanoTime, () -> {});
    publisher.startSweeping();
    connection = connect();
  }

  /** How the other RabbitMQ is connected to: as the own one, but for ever. */
  static Config.Rabbitmq config(String uri, Config.Rabbitmq own) {
    return new Config.Rabbitmq(
        uri,
        own.heartbeat(),
        own.confirmTimeout(),
        IN_FLIGHT,
        own.reconnectInitial(),
        own.reconnectMax(),
        FOREVER);
  }

  private ManagedConnection connect() {
    Backoff backoff = new Backoff(config.reconnectInitial(), 2, config.reconnectMax(), 0.5);
    ManagedConnection opened =
        new ManagedConnection(
            "region-" + name,
            ConnectionFactories.of(config),
            config,
            backoff,
            publisher,
            () -> {},
            this::refused);
    opened.start();
    return opened;
  }

  private void refused(Throwable why) {
    log.error(
        "Region {} is not reachable; another attempt follows in 10 s: {}", name, why.getMessage());
    vertx.setTimer(
        REFUSED_PAUSE_MS,
        t -> {
          if (!closed.get()) {
            connection = connect();
          }
        });
  }

  /**
   * Writes one item durably, as {@link io.ovation.queue.Broker#publish} does.
   *
   * @param ttl after which the item may be dropped there; zero for never
   */
  public Future<Void> publish(QueueName to, byte[] item, Duration ttl) {
    AMQP.BasicProperties properties =
        ttl.isZero()
            ? Publisher.PERSISTENT
            : Publisher.PERSISTENT.builder().expiration(Long.toString(ttl.toMillis())).build();
    return publisher.publish("", to.text(), item, properties);
  }

  public boolean connected() {
    return publisher.available();
  }

  /** Why it is not connected, or what ended the last connection; empty if nothing is known. */
  public String lastError() {
    String blocked = publisher.blockedBy();
    return blocked.isEmpty()
        ? connection.lastError()
        : "its RabbitMQ accepts no publishes: " + blocked;
  }

  /**
   * How many partitions the queue has there. Fails with {@link BrokerUnavailable} if it is not
   * reachable, or has no such queue yet.
   *
   * @param ours a queue that only this installation has: where it exists, nothing may be sent
   */
  public Future<Integer> partitions(String queue, QueueName ours) {
    return vertx.executeBlocking(() -> count(queue, ours), false);
  }

  /** The partitions are numbered from 0, so that the first one missing is found by halving. */
  private int count(String queue, QueueName ours) throws IOException {
    Connection now = connection.connection();
    if (now == null) {
      throw new BrokerUnavailable("region " + name + " is not connected");
    }
    if (exists(now, ours)) {
      throw new BrokerUnavailable(
          "the RabbitMQ of region "
              + name
              + " is this region's own, since it has "
              + ours
              + "; correct regions."
              + name
              + ".queue");
    }
    int there = 0;
    int missing = MAX_PARTITIONS + 1;
    if (!exists(now, new QueueName(queue, Lane.NORMAL, 0))) {
      throw new BrokerUnavailable(
          "region " + name + " has no queue " + queue + " yet: none of its nodes has started");
    }
    while (missing - there > 1) {
      int middle = there + Math.min((missing - there) / 2, Math.max(1, there));
      if (exists(now, new QueueName(queue, Lane.NORMAL, middle))) {
        there = middle;
      } else {
        missing = middle;
      }
    }
    return there + 1;
  }

  private static boolean exists(Connection connection, QueueName queue) throws IOException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("no more channels on this connection");
    }
    try {
      channel.queueDeclarePassive(queue.text());
      channel.close();
      return true;
    } catch (IOException e) {
      if (!AmqpErrors.closedChannel(e, AMQP.NOT_FOUND)) {
        throw e;
      }
      return false;
    } catch (TimeoutException e) {
      throw new IOException(e);
    }
  }

  /** Ends what waits for a confirm. Returns within 2 s. */
  public Future<Void> close() {
    closed.set(true);
    return vertx.executeBlocking(this::disconnect, false);
  }

  private Void disconnect() {
    publisher.close();
    connection.close();
    return null;
  }
}
