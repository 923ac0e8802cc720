package io.ovation.queue.typed.consumer;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueName;
import io.ovation.queue.typed.HandlerRegistration;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands a service's items to its handler: a bounded number at a time, one at a time per key, acked
 * after success, tried again by the method's policy, then dead-lettered. Items that can't be read
 * are dead-lettered at once.
 *
 * <p>An item without a key that waits a second or longer, for its next attempt or for its time, is
 * published anew with a delay and its failures so far, and then acked: it holds no place here, and
 * the count survives a crash. With a key, which fixes its order, it waits here for its next
 * attempt, unacked, at most {@link #MAX_HOLD}; the count of its failures begins anew after a crash.
 * Either way the handler may see an item again after a crash or a lost connection, with the same
 * id.
 *
 * <p>All methods are called on the Vert.x context that made it; handlers run there too.
 */
public final class QueueConsumer {
  /**
   * The longest pause of an item with a key. RabbitMQ closes the channel of a consumer that leaves
   * an item unacked for 30 minutes (its {@code consumer_timeout}), and the rest of the key waits.
   */
  public static final Duration MAX_HOLD = Duration.ofMinutes(5);

  private final Broker broker;
  private final ServiceRegistry services;
  private final ConsumerOptions options;
  private final Context context;
  private final ItemWorker worker;
  private final Map<Integer, List<PartitionSubscription>> sources = new HashMap<>();
  private @Nullable Future<Void> stopped;

  /** A queue of one service. */
  public QueueConsumer(
      Vertx vertx,
      Broker broker,
      HandlerRegistration registration,
      ConsumerOptions options,
      InstantSource clock,
      Metrics metrics) {
    this(vertx, broker, List.of(registration), List.of(), options, clock, metrics);
  }

  /**
   * A queue with its services, one registration each. They share the consumer's bounds.
   *
   * @param interceptors around every attempt, the first outermost
   * @throws IllegalArgumentException when a service is registered twice, or they are not all of one
   *     queue
   * @throws IllegalStateException when this process consumes the queue already
   */
  public QueueConsumer(
      Vertx vertx,
      Broker broker,
      List<HandlerRegistration> registrations,
      List<ConsumerInterceptor> interceptors,
      ConsumerOptions options,
      InstantSource clock,
      Metrics metrics) {
    this.broker = broker;
    this.services = new ServiceRegistry(registrations);
    this.options = options;
    this.context = vertx.getOrCreateContext();
    this.worker =
        new ItemWorker(
            context, broker, services, interceptors, options.concurrency(), clock, metrics);
    ConsumerRegistry.claim(broker, services.queue());
    metrics.gauge(
        "ovation.queue.running",
        "handlers at work",
        worker,
        ItemWorker::running,
        "queue",
        services.queue());
  }

  /**
   * Consumes exactly these partitions from now on. What has not begun of the others goes back to
   * the queue at once; what has begun may end unacked, and then comes again to the next owner.
   *
   * @return completes when the broker has let go of the others
   */
  public Future<Void> own(Set<Integer> partitions) {
    if (stopped != null) {
      return Future.failedFuture(
          new IllegalStateException("the consumer of " + services.queue() + " was stopped"));
    }
    List<Future<Void>> closing = new ArrayList<>();
    for (int lost : sources.keySet().stream().filter(p -> !partitions.contains(p)).toList()) {
      sources.getOrDefault(lost, List.of()).forEach(source -> closing.add(end(source)));
      sources.remove(lost);
    }
    for (int gained : partitions) {
      sources.computeIfAbsent(gained, this::open);
    }
    return Future.join(closing).mapEmpty();
  }

  private List<PartitionSubscription> open(int partition) {
    List<PartitionSubscription> opened = new ArrayList<>();
    for (Lane lane : services.lanes()) {
      var name = new QueueName(services.queue(), lane, partition);
      opened.add(new PartitionSubscription(broker, name, options.prefetch(), worker));
    }
    return opened;
  }

  private static Future<Void> end(PartitionSubscription source) {
    source.shut();
    return source.release();
  }

  /**
   * Takes nothing more, waits at most {@link ConsumerOptions#drain} for running handlers, acks
   * those that succeed and puts off those that fail, then lets go. Idempotent.
   */
  public Future<Void> stop() {
    if (stopped == null) {
      List<PartitionSubscription> all = sources.values().stream().flatMap(List::stream).toList();
      all.forEach(PartitionSubscription::shut);
      stopped =
          drained()
              .compose(v -> Future.join(all.stream().map(PartitionSubscription::release).toList()))
              .<Void>mapEmpty()
              .onComplete(done -> ConsumerRegistry.release(broker, services.queue()));
    }
    return stopped;
  }

  private Future<Void> drained() {
    Promise<Void> drained = Promise.promise();
    long timer =
        context
            .owner()
            .setTimer(Math.max(1, options.drain().toMillis()), t -> drained.tryComplete());
    worker.onIdle(
        () -> {
          context.owner().cancelTimer(timer);
          drained.tryComplete();
        });
    return drained.future();
  }
}
