package io.ovation.queue.typed.consumer;

import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.QueueName;
import io.ovation.queue.typed.HandlerRegistration;
import io.ovation.vertx.Contexts;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Passes a queue's items to their handlers: a bounded number at a time, one at a time per key. An
 * item is acked after success, retried as its policy states, then dead-lettered. An item that can't
 * be read is dead-lettered at once.
 *
 * <p>An item without a key whose next attempt or time is a second or more away is published again
 * with a delay and its failures so far, and then acked: it takes up no place here, and the count
 * survives a crash. An item with a key waits here for its next attempt, unacked, at most {@link
 * #MAX_HOLD}, because those behind it must not overtake it; its count of failures is lost in a
 * crash. Either way the handler may see an item again after a crash or a lost connection, with the
 * same id.
 *
 * <p>All methods are called on the Vert.x context that made it; handlers run there too.
 */
public final class QueueConsumer {
  /**
   * The longest pause of an item with a key. RabbitMQ closes the channel of a consumer that leaves
   * an item unacked for 30 minutes (its {@code consumer_timeout}), and the rest of the key waits.
   */
  public static final Duration MAX_HOLD = Duration.ofMinutes(5);

  /** Brokers with a queue that this process consumes. */
  private static final Set<Map.Entry<Broker, String>> CONSUMED = ConcurrentHashMap.newKeySet();

  private final Broker broker;
  private final ServiceRegistry services;
  private final Map.Entry<Broker, String> claim;
  private final ConsumerOptions options;
  private final Context context;
  private final ItemWorker worker;
  private final Map<Integer, List<PartitionSubscription>> partitions = new HashMap<>();
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
   * @param interceptors wrap every attempt, the first outermost
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
    this.services = new ServiceRegistry(registrations, interceptors);
    this.options = options;
    this.context = vertx.getOrCreateContext();
    this.worker = new ItemWorker(context, broker, services, options.concurrency(), clock, metrics);
    this.claim = Map.entry(broker, services.queue());
    // A second consumer would at best be the idle half of a single active consumer, at worst
    // dead-letter the other's items.
    if (!CONSUMED.add(claim)) {
      throw new IllegalStateException(
          "Queue %s is consumed in this process already. Give all its services to one consumer, or stop that one first."
              .formatted(services.queue()));
    }
    String help = "handlers that are running";
    String[] queue = {"queue", services.queue()};
    metrics.gauge("ovation.queue.running", help, worker, ItemWorker::running, queue);
  }

  /**
   * Consumes exactly these partitions from now on. Items of the others that have not begun go back
   * to the queue at once; those that have begun may end unacked, and the next owner gets them
   * again.
   *
   * @return completes when the broker has released the others
   */
  public Future<Void> own(Set<Integer> owned) {
    if (stopped != null) {
      return Future.failedFuture(
          new IllegalStateException("the consumer of " + services.queue() + " was stopped"));
    }
    List<Future<Void>> closing = new ArrayList<>();
    partitions.forEach(
        (partition, lanes) -> {
          if (!owned.contains(partition)) {
            lanes.forEach(PartitionSubscription::drain);
            lanes.forEach(lane -> closing.add(lane.release()));
          }
        });
    partitions.keySet().retainAll(owned);
    owned.forEach(partition -> partitions.computeIfAbsent(partition, this::open));
    return Future.join(closing).mapEmpty();
  }

  private List<PartitionSubscription> open(int partition) {
    return services.lanes().stream()
        .map(lane -> new QueueName(services.queue(), lane, partition))
        .map(name -> new PartitionSubscription(broker, name, options.prefetch(), worker))
        .toList();
  }

  /**
   * Takes nothing more, waits at most {@link ConsumerOptions#drain} for running handlers, acks
   * items that succeed and requeues those that fail, then ends the subscriptions. Idempotent.
   */
  public Future<Void> stop() {
    if (stopped == null) {
      List<PartitionSubscription> all = partitions.values().stream().flatMap(List::stream).toList();
      all.forEach(PartitionSubscription::drain);
      stopped =
          drained()
              .compose(v -> Future.join(all.stream().map(PartitionSubscription::release).toList()))
              .<Void>mapEmpty()
              .onComplete(done -> CONSUMED.remove(claim));
    }
    return stopped;
  }

  private Future<Void> drained() {
    Promise<Void> idle = Contexts.promise(context);
    worker.onIdle(idle::tryComplete);
    long limit = Math.max(1, options.drain().toMillis());
    return idle.future().timeout(limit, TimeUnit.MILLISECONDS).otherwiseEmpty();
  }
}
