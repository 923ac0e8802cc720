package io.ovation.queue.rabbit;

import com.rabbitmq.client.Connection;
import io.ovation.async.Backoff;
import io.ovation.queue.TaskGuard;
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
  private final TaskGuard guard;
  private final AtomicLong generations = new AtomicLong();
  private final Set<RabbitSubscription> all = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Connection connection;

  ConsumerThread(Backoff backoff, TaskGuard guard) {
    this.backoff = backoff;
    this.guard = guard;
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

  private void guarded(Runnable task) {
    guard.run("consumption from RabbitMQ", task);
  }

  /** Opens it after a pause, unless the connection is lost: then {@link #up} does. */
  void reopen(RabbitSubscription subscription, int attempt) {
    schedule(() -> open(subscription), backoff.pauseMs(attempt));
  }

  /** Runs {@code task} on the thread after {@code ms}, unless it stops before. */
  void schedule(Runnable task, long ms) {
    try {
      thread.schedule(() -> guarded(task), ms, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException stopped) {
      log.debug("A task of a subscription does not run: stopping");
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
