package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Connection;
import io.ovation.async.CompletionBatch;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.QueueMetrics;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes with confirms on a thread of its own. Items wait in line while there is no connection,
 * up to the confirm timeout; what was on the wire when a connection broke fails, for nobody knows.
 */
public final class Publisher {
  private static final Logger log = LoggerFactory.getLogger(Publisher.class);
  private static final long SWEEP_MS = 100;
  public static final BasicProperties PERSISTENT =
      new BasicProperties.Builder().deliveryMode(2).build();

  private final Vertx vertx;
  private final int inFlight;
  private final Duration timeout;
  private final QueueMetrics metrics;
  private final Runnable unroutable;
  private final LinkedBlockingDeque<PendingPublish> line = new LinkedBlockingDeque<>();
  private final Thread thread = new Thread(this::run, "ovation-rabbit-publisher");
  private final Object changed = new Object();
  private volatile @Nullable ConfirmChannel session;
  private volatile boolean blocked;
  private volatile boolean closed;

  /**
   * @param timer looks for timed-out items every 100 ms
   * @param unroutable called when a declared queue turns out to be gone
   */
  Publisher(
      Vertx vertx,
      int inFlight,
      Duration timeout,
      QueueMetrics metrics,
      ScheduledExecutorService timer,
      Runnable unroutable) {
    this.vertx = vertx;
    this.inFlight = inFlight;
    this.timeout = timeout;
    this.metrics = metrics;
    this.unroutable = unroutable;
    thread.setDaemon(true);
    thread.start();
    timer.scheduleWithFixedDelay(this::sweep, SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
  }

  /** To a queue by its name as the key, if {@code exchange} is empty. */
  public Future<Void> publish(
      String exchange, String key, byte[] body, BasicProperties properties) {
    if (closed) {
      return Contexts.failed(vertx, new BrokerUnavailable("The queue is closed: stopping."));
    }
    if (metrics.inFlight.incrementAndGet() > inFlight) {
      metrics.inFlight.decrementAndGet();
      metrics.refused.increment();
      return Contexts.failed(
          vertx,
          new BrokerUnavailable(
              inFlight + " items wait for RabbitMQ's confirm already. Try again later."));
    }
    long deadline = System.nanoTime() + timeout.toNanos();
    PendingPublish item =
        new PendingPublish(exchange, key, body, properties, Contexts.promise(vertx), deadline);
    line.add(item);
    return item.promise.future();
  }

  /** On the link's thread. */
  void up(Connection connection) throws IOException {
    blocked = false;
    connection.addBlockedListener(
        reason -> {
          blocked = true;
          log.warn("RabbitMQ takes no publishes now: {}", reason);
        },
        () -> {
          blocked = false;
          log.info("RabbitMQ takes publishes again");
        });
    var channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("RabbitMQ allows no more channels on this connection");
    }
    ConfirmChannel opened = new ConfirmChannel(channel, this::confirmed, this::failed);
    synchronized (changed) {
      session = opened;
      changed.notifyAll();
    }
  }

  void down() {
    ConfirmChannel old = session;
    session = null;
    if (old != null) {
      failed(old.takeAll(), "The connection to RabbitMQ was lost before the confirm.");
    }
  }

  boolean available() {
    ConfirmChannel now = session;
    return !closed && !blocked && now != null && now.usable();
  }

  private void run() {
    try {
      while (!closed) {
        PendingPublish item = line.take();
        ConfirmChannel current = usableSession(item);
        if (current != null && !item.settled()) {
          publish(current, item);
        }
      }
    } catch (InterruptedException e) {
      log.debug("publisher ends");
    }
  }

  private void publish(ConfirmChannel current, PendingPublish item) {
    try {
      current.publish(item);
    } catch (IOException | RuntimeException e) {
      failed(List.of(item), "Publishing to RabbitMQ failed (" + e + "); it may still take effect.");
    }
    if (!current.usable()) { // Its shutdown may have been before the item was put there.
      failed(current.takeAll(), "The connection to RabbitMQ was lost before the confirm.");
    }
  }

  /** Waits for a connection as long as somebody waits for the item. */
  private @Nullable ConfirmChannel usableSession(PendingPublish item) throws InterruptedException {
    synchronized (changed) {
      while (!item.settled() && !closed) {
        ConfirmChannel current = session;
        if (current != null && current.usable()) {
          return current;
        }
        changed.wait(SWEEP_MS);
      }
    }
    return null;
  }

  private void confirmed(Collection<PendingPublish> items) {
    CompletionBatch completions = new CompletionBatch();
    for (PendingPublish item : items) {
      if (item.take()) {
        metrics.inFlight.decrementAndGet();
        metrics.confirmed.increment();
        completions.done(item.promise);
      }
    }
    completions.flush();
  }

  private void failed(Collection<PendingPublish> items, String why) {
    CompletionBatch completions = new CompletionBatch();
    for (PendingPublish item : items) {
      if (item.take()) {
        metrics.inFlight.decrementAndGet();
        metrics.unconfirmed.increment();
        completions.fail(item.promise, new BrokerUnavailable(why + " Retry with the same id."));
      }
    }
    completions.flush();
    if (why.startsWith("RabbitMQ has no queue")) {
      unroutable.run();
    }
  }

  /** Fails what waited too long, in line or on the wire; both are in order of their deadlines. */
  private void sweep() {
    long now = System.nanoTime();
    String why = "RabbitMQ did not confirm within " + timeout.toMillis() + " ms.";
    for (PendingPublish item : line) {
      if (!item.expired(now)) {
        break;
      }
      failed(List.of(item), why);
      line.remove(item);
    }
    ConfirmChannel current = session;
    PendingPublish late;
    while (current != null && (late = current.pollExpired(now)) != null) {
      failed(List.of(late), why);
    }
  }

  boolean idle() {
    ConfirmChannel current = session;
    return line.isEmpty() && (current == null || current.idle());
  }

  void close() {
    closed = true;
    thread.interrupt();
    failed(List.copyOf(line), "The server stops before the confirm.");
    down();
  }
}
