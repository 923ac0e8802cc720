package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.ovation.config.Config;
import io.ovation.queue.BrokerUnavailable;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection up: connects, waits until it is lost, pauses, connects again, until closed
 * or until the broker was away for too long. The client's own recovery is off: it resends nothing
 * and hides from us that unconfirmed and unacked items changed hands.
 */
public final class ManagedConnection {
  private static final Logger log = LoggerFactory.getLogger(ManagedConnection.class);

  private final String name;
  private final ConnectionFactory factory;
  private final Config.Rabbitmq config;
  private final ReconnectBackoff backoff;
  private final Listener listener;
  private final Consumer<Throwable> giveUp;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable Connection connection;

  /** Called on the link's own thread, which may block. */
  interface Listener {
    /** May throw; then the connection is given up and tried again. */
    void up(Connection connection) throws IOException, TimeoutException;

    /** After {@link #up}, when {@link ManagedConnection#connection} has it. */
    void connected();

    void down();
  }

  ManagedConnection(
      String name,
      ConnectionFactory factory,
      Config.Rabbitmq config,
      Listener listener,
      Consumer<Throwable> giveUp) {
    this.name = name;
    this.factory = factory;
    this.config = config;
    this.backoff = new ReconnectBackoff(config.reconnectInitial(), config.reconnectMax());
    this.listener = listener;
    this.giveUp = giveUp;
    this.thread = new Thread(this::run, "ovation-rabbit-" + name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  @Nullable Connection connection() {
    Connection now = connection;
    return now != null && now.isOpen() ? now : null;
  }

  /** Any thread but the link's; returns at once. */
  void close() {
    closing.countDown();
    Connection now = connection;
    if (now != null) {
      now.abort(2000);
    }
  }

  private void run() {
    long lostAt = System.nanoTime();
    int attempt = 0;
    try {
      while (closing.getCount() > 0) {
        Exception cause = serve(attempt);
        if (connection != null) {
          connection = null;
          lostAt = System.nanoTime();
          attempt = 0;
        }
        if (closing.getCount() == 0) {
          return;
        }
        if (System.nanoTime() - lostAt > config.reconnectLimit().toNanos()) {
          giveUp.accept(gaveUp(cause));
          return;
        }
        long pause = backoff.millis(++attempt);
        if (attempt == 1 || attempt % 10 == 0) {
          log.warn("RabbitMQ ({}): {}; attempt {} follows", name, describe(cause), attempt);
        }
        if (closing.await(pause, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Connects and stays until the connection is lost; returns why. */
  private Exception serve(int attempt) throws InterruptedException {
    Connection opened = null;
    try {
      opened = factory.newConnection("ovation-" + name);
      CountDownLatch lost = new CountDownLatch(1);
      opened.addShutdownListener(cause -> lost.countDown());
      listener.up(opened);
      connection = opened;
      listener.connected();
      if (closing.getCount() == 0) {
        opened.abort(2000);
      }
      if (attempt > 0) {
        log.info("RabbitMQ ({}): connected again", name);
      }
      lost.await();
      return new IOException("connection lost: " + reason(opened));
    } catch (IOException | TimeoutException | RuntimeException e) {
      return e;
    } finally {
      if (opened != null) {
        listener.down();
        opened.abort(2000);
      }
    }
  }

  private static String reason(Connection lost) {
    ShutdownSignalException reason = lost.getCloseReason();
    return reason == null ? "closed" : describe(reason);
  }

  /** The first message down the causes. */
  public static String describe(Throwable cause) {
    Throwable root = cause;
    while (root.getMessage() == null && root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.toString() : "" + root.getMessage();
  }

  private Throwable gaveUp(Exception cause) {
    log.debug("the last failure", cause);
    return new BrokerUnavailable(
        "RabbitMQ at "
            + factory.getHost()
            + ":"
            + factory.getPort()
            + " was not reachable for "
            + config.reconnectLimit().toSeconds()
            + " s (last: "
            + describe(cause)
            + "). Check that it runs and that OVATION_RABBITMQ_URI names it with a valid user.");
  }
}
