package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All subscriptions of a node and the one thread on which they talk to the broker. */
final class ConsumerThread {
  private static final Logger log = LoggerFactory.getLogger(ConsumerThread.class);

  private final ScheduledExecutorService thread;
  private final ReconnectBackoff backoff;
  private final Supplier<@Nullable Connection> connection;
  private final AtomicLong generations = new AtomicLong();
  private final Set<RabbitSubscription> all = ConcurrentHashMap.newKeySet();

  /**
   * @param connection the consumers' connection as long as it is open
   */
  ConsumerThread(
      ScheduledExecutorService thread,
      ReconnectBackoff backoff,
      Supplier<@Nullable Connection> connection) {
    this.thread = thread;
    this.backoff = backoff;
    this.connection = connection;
  }

  /** Never the same for two subscriptions: a mix-up must not ack what nobody handled. */
  long nextGeneration() {
    return generations.incrementAndGet();
  }

  void add(RabbitSubscription subscription) {
    all.add(subscription);
    run(() -> open(subscription));
  }

  void remove(RabbitSubscription subscription) {
    all.remove(subscription);
  }

  Set<RabbitSubscription> all() {
    return Set.copyOf(all);
  }

  /** Runs {@code task} on the thread; after a stop, here, since nothing then talks any more. */
  void run(Runnable task) {
    try {
      thread.execute(() -> guarded(task));
    } catch (RejectedExecutionException stopped) {
      guarded(task);
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("Consuming from RabbitMQ: unexpected failure", e);
    }
  }

  /** Tries to open it again after a pause; not needed while the connection itself is away. */
  void later(RabbitSubscription subscription, int attempt) {
    try {
      thread.schedule(
          () -> guarded(() -> open(subscription)), backoff.millis(attempt), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopped) {
      log.debug("not opened again: stopping");
    }
  }

  private void open(RabbitSubscription subscription) {
    Connection now = connection.get();
    if (now != null && all.contains(subscription)) {
      subscription.open(now);
    }
  }

  void up() {
    run(() -> all.forEach(this::open));
  }

  void down() {
    run(() -> all.forEach(RabbitSubscription::down));
  }
}
