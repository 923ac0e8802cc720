package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import io.ovation.async.Backoff;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The subscriptions of a node and the one thread on which they call the client. */
final class ConsumerThread implements ManagedConnection.Listener {
  private static final Logger log = LoggerFactory.getLogger(ConsumerThread.class);

  private final ScheduledExecutorService thread =
      ConnectionFactories.singleThread("ovation-rabbit-consumers");
  private final Backoff backoff;
  private final AtomicLong generations = new AtomicLong();
  private final Set<RabbitSubscription> all = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Connection connection;

  ConsumerThread(Backoff backoff) {
    this.backoff = backoff;
  }

  /** Never the same for two channels: an ack for another one must not ack what nobody handled. */
  long nextGeneration() {
    return generations.incrementAndGet();
  }

  void add(RabbitSubscription subscription) {
    all.add(subscription);
    run(() -> open(subscription));
  }

  /** All subscriptions; a live view. */
  Set<RabbitSubscription> all() {
    return all;
  }

  /** Runs {@code task} on the thread; after the shutdown on the caller's. */
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
    } catch (Throwable e) { // The thread and the other subscriptions go on.
      log.error("Consuming from RabbitMQ: unexpected failure", e);
    }
  }

  /** Opens it after a pause, unless the connection is lost: then {@link #up} does. */
  void reopen(RabbitSubscription subscription, int attempt) {
    try {
      thread.schedule(
          () -> guarded(() -> open(subscription)), backoff.pauseMs(attempt), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopped) {
      log.debug("A subscription is not opened again: stopping");
    }
  }

  private void open(RabbitSubscription subscription) {
    Connection now = connection;
    if (now != null && now.isOpen() && all.contains(subscription)) {
      subscription.open(now);
    }
  }

  @Override
  public void up(Connection opened) {
    connection = opened;
    run(() -> all.forEach(this::open));
  }

  @Override
  public void down() {
    connection = null;
    run(() -> all.forEach(RabbitSubscription::down));
  }

  void close() {
    thread.shutdown();
  }
}
