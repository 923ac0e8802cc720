package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.ovation.async.CompletionBatch;
import io.ovation.async.InFlightLimiter;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.rabbit.ConfirmChannel.Failure;
import io.ovation.queue.rabbit.ConfirmChannel.PendingPublish;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes with confirms on a thread of its own. Items wait in line while there is no connection,
 * up to the confirm timeout; items that were sent when a connection broke fail, because their
 * outcome is unknown. Methods may be called from any thread.
 */
final class Publisher implements ManagedConnection.Listener {
  private static final Logger log = LoggerFactory.getLogger(Publisher.class);
  private static final long SWEEP_MS = 100;

  /**
   * Without a confirm for this time, a queue's first item on a connection went to a leader that had
   * just died. RabbitMQ would send it again after 10 s; on a new connection it finds the new
   * leader.
   */
  private static final long STALLED_NANOS = 2_000_000_000;

  /** Items that share one write at most. */
  private static final int TOGETHER = 64;

  static final BasicProperties PERSISTENT = new BasicProperties.Builder().deliveryMode(2).build();

  private final Vertx vertx;
  private final InFlightLimiter inFlight;
  private final Duration timeout;
  private final QueueMetrics metrics;
  private final LongSupplier nanoTime;
  private final Runnable targetMissing;
  private final LinkedBlockingDeque<PendingPublish> waiting = new LinkedBlockingDeque<>();
  private final Thread thread = new Thread(this::run, "ovation-rabbit-publisher");
  private final ScheduledExecutorService timer =
      ConnectionFactories.singleThread("ovation-rabbit-timer");
  private final Object channelChanged = new Object();
  private volatile @Nullable ConfirmChannel channel;
  private volatile boolean blocked;
  private volatile String blockedBy = "";
  private volatile long unblockedAt;
  private volatile boolean closed;

  /**
   * @param targetMissing called when a declared queue or exchange turns out to be deleted
   */
  Publisher(
      Vertx vertx,
      InFlightLimiter inFlight,
      Duration timeout,
      QueueMetrics metrics,
      LongSupplier nanoTime,
      Runnable targetMissing) {
    this.vertx = vertx;
    this.inFlight = inFlight;
    this.timeout = timeout;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
    this.targetMissing = targetMissing;
    thread.setDaemon(true);
    thread.start();
  }

  /** Fails expired items from now on, every 100 ms. */
  void startSweeping() {
    Runnable sweep = () -> metrics.guard.run("sweep of expired publishes", this::sweep);
    timer.scheduleWithFixedDelay(sweep, SWEEP_MS, SWEEP_MS, TimeUnit.MILLISECONDS);
  }

  /**
   * Publishes one item. Success means that RabbitMQ has confirmed it.
   *
   * @param exchange empty for the queue named {@code key}
   */
  Future<Void> publish(String exchange, String key, byte[] body, BasicProperties properties) {
    return publish(exchange, key, body, properties, true, 0);
  }

  /** As {@link #publish}, but refused if fewer than {@code reserved} further ones had a place. */
  Future<Void> publishLeaving(
      int reserved, String exchange, String key, byte[] body, BasicProperties properties) {
    return publish(exchange, key, body, properties, true, reserved);
  }

  /** As {@link #publish}, but an item that no queue is bound for is confirmed, and gone. */
  Future<Void> publishToAny(String exchange, String key, byte[] body, BasicProperties properties) {
    return publish(exchange, key, body, properties, false, 0);
  }

  private Future<Void> publish(
      String exchange,
      String key,
      byte[] body,
      BasicProperties properties,
      boolean mandatory,
      int reserved) {
    if (closed) {
      return Contexts.failed(vertx, new BrokerUnavailable("The queue is closed: stopping."));
    }
    if (!inFlight.takeLeaving(reserved)) {
      metrics.refused.increment();
      String full = " items wait for RabbitMQ's confirm already. Try again later.";
      return Contexts.failed(vertx, new BrokerUnavailable(inFlight.limit() - reserved + full));
    }
    Promise<Void> promise = Contexts.promise(vertx);
    long deadline = nanoTime.getAsLong() + timeout.toNanos();
    AtomicBoolean taken = new AtomicBoolean();
    waiting.add(
        new PendingPublish(exchange, key, body, properties, mandatory, promise, deadline, taken));
    if (closed) { // The thread may have ended before it saw the item.
      failWaiting();
    }
    return promise.future();
  }

  @Override
  public void up(Connection connection) throws IOException {
    blocked = false;
    unblockedAt = nanoTime.getAsLong();
    connection.addBlockedListener(
        reason -> {
          blockedBy = reason;
          blocked = true;
          log.warn("RabbitMQ accepts no publishes now: {}", reason);
        },
        () -> {
          blocked = false;
          unblockedAt = nanoTime.getAsLong();
          log.info("RabbitMQ accepts publishes again");
        });
    Channel opened = connection.createChannel();
    if (opened == null) {
      throw new IOException("RabbitMQ allows no more channels on this connection");
    }
    ConfirmChannel next = new ConfirmChannel(opened, this::confirmed, this::failed);
    synchronized (channelChanged) {
      channel = next;
      channelChanged.notifyAll();
    }
  }

  @Override
  public void down() {
    ConfirmChannel old = channel;
    channel = null;
    if (old != null) {
      failed(old.takeAll(), Failure.CONNECTION_LOST);
    }
  }

  /** Whether a publish can be confirmed at the moment. */
  boolean available() {
    ConfirmChannel current = channel;
    return !closed && !blocked && current != null && current.usable();
  }

  /** Why RabbitMQ accepts no publishes on this connection; empty if it does. */
  String blockedBy() {
    return blocked ? blockedBy : "";
  }

  private void run() {
    try {
      while (!closed) {
        PendingPublish item = waiting.take();
        ConfirmChannel current = channel;
        if (item.taken().get()) {
          continue;
        }
        if (current != null && current.usable()) {
          send(current, item);
        } else {
          waiting.putFirst(item); // Where its time runs out.
          awaitChange(current);
        }
      }
    } catch (InterruptedException e) {
      log.debug("publisher ends");
    } finally {
      failWaiting();
    }
  }

  /** Publishes it, and with it those that wait behind it. */
  private void send(ConfirmChannel current, PendingPublish item) {
    if (waiting.isEmpty()) {
      publish(current, item);
    } else {
      current.cork();
      PendingPublish next = item;
      for (int sent = 0; next != null && sent < TOGETHER; sent++) {
        publish(current, next);
        next = sent + 1 < TOGETHER && current.usable() ? pollWaiting() : null;
      }
      uncork(current);
    }
    if (!current.usable()) { // It may have been lost before the items were put there.
      failed(current.takeAll(), Failure.CONNECTION_LOST);
    }
  }

  private void publish(ConfirmChannel current, PendingPublish item) {
    try {
      current.publish(item, nanoTime.getAsLong());
    } catch (Throwable e) { // Whatever it is, the thread goes on.
      String why = "Publishing to RabbitMQ failed (" + e + "); the item may still take effect.";
      complete(List.of(item), why);
    }
  }

  /** Null if none waits. */
  private @Nullable PendingPublish pollWaiting() {
    PendingPublish next = waiting.poll();
    while (next != null && next.taken().get()) {
      next = waiting.poll();
    }
    return next;
  }

  private void uncork(ConfirmChannel current) {
    try {
      current.uncork();
    } catch (Throwable e) { // Nobody knows how much of it was written.
      if (current.abort()) {
        log.warn("writing to RabbitMQ failed; opening another connection: {}", e.toString());
      }
    }
  }

  private void awaitChange(@Nullable ConfirmChannel unusable) throws InterruptedException {
    synchronized (channelChanged) {
      if (channel == unusable) {
        channelChanged.wait(SWEEP_MS);
      }
    }
  }

  private void confirmed(Collection<PendingPublish> items) {
    complete(items, null);
  }

  private void failed(Collection<PendingPublish> items, Failure failure) {
    complete(items, failure.text);
    if (failure == Failure.NO_QUEUE || failure == Failure.NO_EXCHANGE) {
      targetMissing.run();
    }
  }

  /**
   * @param failure why they are not confirmed; null if they are
   */
  private void complete(Collection<PendingPublish> items, @Nullable String failure) {
    CompletionBatch completions = new CompletionBatch();
    for (PendingPublish item : items) {
      if (item.take()) {
        inFlight.giveBack();
        (failure == null ? metrics.confirmed : metrics.unconfirmed).increment();
        if (failure == null) {
          completions.done(item.promise());
        } else {
          completions.fail(
              item.promise(), new BrokerUnavailable(failure + " Retry with the same id."));
        }
      }
    }
    completions.flush();
  }

  /** Fails expired items, waiting or sent; both are in order of their deadlines. */
  void sweep() {
    long now = nanoTime.getAsLong();
    String why = "RabbitMQ did not confirm within " + timeout.toMillis() + " ms.";
    for (PendingPublish item : waiting) {
      if (!item.expired(now)) {
        break;
      }
      complete(List.of(item), why);
      waiting.remove(item);
    }
    ConfirmChannel current = channel;
    PendingPublish late;
    while (current != null && (late = current.pollExpired(now)) != null) {
      complete(List.of(late), why);
    }
    abortStalled(current, now);
  }

  private void abortStalled(@Nullable ConfirmChannel current, long now) {
    boolean free = !blocked && now - unblockedAt > STALLED_NANOS;
    if (current != null && free && current.stalled(now - STALLED_NANOS) && current.abort()) {
      log.warn("RabbitMQ confirms nothing on a queue; opening another connection");
    }
  }

  /** Whether every item has its outcome. */
  boolean idle() {
    return inFlight.used() == 0;
  }

  void close() {
    closed = true;
    thread.interrupt();
    timer.shutdownNow();
    failWaiting();
    down();
  }

  private void failWaiting() {
    complete(List.copyOf(waiting), "The server stops before the confirm.");
  }
}
