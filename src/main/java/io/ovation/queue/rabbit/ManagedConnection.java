package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.queue.BrokerUnavailable;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection for publishing or consuming: connects, waits until the connection is lost, pauses,
 * connects again, until it is closed or RabbitMQ was unavailable for {@code
 * rabbitmq.reconnect_limit}.
 */
final class ManagedConnection {
  private static final Logger log = LoggerFactory.getLogger(ManagedConnection.class);
  private static final int ABORT_MS = 2000;

  private final String name;
  private final ConnectionFactory factory;
  private final Config.Rabbitmq config;
  private final Backoff backoff;
  private final Listener listener;
  private final Runnable connected;
  private final Consumer<Throwable> limitReached;
  private final Thread thread;
  private boolean neverConnected = true;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable Connection connection;
  private volatile String lastError = "";

  /** What uses the connection. Called on the connection's own thread, which may block. */
  interface Listener {
    /** It is open, not yet {@link #connection}. May throw: then the next attempt follows. */
    void up(Connection connection) throws IOException;

    /** It was lost, or {@link #up} failed. */
    void down();
  }

  /**
   * @param connected called after {@link Listener#up}, when {@link #connection} returns it
   * @param limitReached called once, when RabbitMQ was unavailable for too long; then nothing more
   *     happens here
   */
  ManagedConnection(
      String name,
      ConnectionFactory factory,
      Config.Rabbitmq config,
      Backoff backoff,
      Listener listener,
      Runnable connected,
      Consumer<Throwable> limitReached) {
    this.name = name;
    this.factory = factory;
    this.config = config;
    this.backoff = backoff;
    this.listener = listener;
    this.connected = connected;
    this.limitReached = limitReached;
    this.thread = ConnectionFactories.daemon(this::run, "ovation-rabbit-" + name);
  }

  void start() {
    thread.start();
  }

  /** The connection; null while it is not open. */
  @Nullable Connection connection() {
    Connection now = connection;
    return now != null && now.isOpen() ? now : null;
  }

  /** Why it was lost, or could not be opened, the last time; empty at first. */
  String lastError() {
    return lastError;
  }

  /** Any thread but the connection's own; returns within 2 s. */
  void close() {
    closing.countDown();
    Connection now = connection;
    if (now != null) {
      now.abort(ABORT_MS);
    }
  }

  private void run() {
    long lostAt = System.nanoTime();
    int attempt = 0;
    try {
      while (closing.getCount() > 0) {
        Throwable cause = serve(attempt);
        lastError = AmqpErrors.describe(cause);
        if (connection != null) {
          connection = null;
          lostAt = System.nanoTime();
          attempt = 0;
        }
        if (closing.getCount() == 0) {
          return;
        }
        if (neverConnected && AmqpErrors.refusesLogin(cause)) {
          limitReached.accept(refused(cause));
          return;
        }
        if (System.nanoTime() - lostAt > config.reconnectLimit().toNanos()) {
          limitReached.accept(unreachable(cause));
          return;
        }
        attempt++;
        if (attempt == 1 || attempt % 10 == 0) {
          log.warn(
              "RabbitMQ ({}): {}; attempt {} follows", name, AmqpErrors.describe(cause), attempt);
          log.debug("the failure", cause);
        }
        if (closing.await(backoff.pauseMs(attempt), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Connects and stays until the connection is lost; returns why. No error ends the thread. */
  private Throwable serve(int attempt) throws InterruptedException {
    Connection opened = null;
    try {
      opened = factory.newConnection(AmqpUri.parse(config.uri()).addresses(), "ovation-" + name);
      CountDownLatch lost = new CountDownLatch(1);
      opened.addShutdownListener(cause -> lost.countDown());
      listener.up(opened);
      connection = opened;
      neverConnected = false;
      connected.run();
      if (closing.getCount() == 0) {
        opened.abort(ABORT_MS);
      }
      if (attempt > 0) {
        log.info("RabbitMQ ({}): connected again", name);
      }
      lost.await();
      return new IOException("connection lost: " + reason(opened));
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      return e;
    } finally {
      if (opened != null) {
        disconnect(opened);
      }
    }
  }

  private void disconnect(Connection old) {
    try {
      listener.down();
    } catch (Throwable e) {
      log.error("RabbitMQ ({}): unexpected failure after a lost connection", name, e);
    }
    old.abort(ABORT_MS);
  }

  private static String reason(Connection lost) {
    ShutdownSignalException reason = lost.getCloseReason();
    return reason == null ? "closed" : AmqpErrors.describe(reason);
  }

  private Throwable unreachable(Throwable cause) {
    return new BrokerUnavailable(
        "RabbitMQ at %s was not reachable for %d s (last error: %s). Check that it runs and that OVATION_RABBITMQ_URI names it."
            .formatted(
                AmqpUri.parse(config.uri()).servers(),
                config.reconnectLimit().toSeconds(),
                AmqpErrors.describe(cause)));
  }

  /** At the start an end at once: no retry changes who may log in. */
  private ConfigException refused(Throwable cause) {
    return new ConfigException(
        "RabbitMQ at %s refuses user %s on vhost %s: %s. Correct OVATION_RABBITMQ_URI, or create them: rabbitmqctl add_user, add_vhost, set_permissions."
            .formatted(
                AmqpUri.parse(config.uri()).servers(),
                factory.getUsername(),
                factory.getVirtualHost(),
                AmqpErrors.describe(cause)));
  }
}
