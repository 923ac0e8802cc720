package io.ovation.queue.embedded;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.disk.Disk;
import io.ovation.disk.MvDisk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.jspecify.annotations.Nullable;

/** Queues of a node alone, in its local file. A confirm is a synced write. */
public final class EmbeddedBroker implements Broker {
  private final Vertx vertx;
  private final Disk disk;
  private final Runnable afterwards;
  private final Metrics registry;
  private final QueueMetrics metrics;
  private final InFlightLimiter inFlight;
  private final Map<QueueName, Opened> queues = new ConcurrentHashMap<>();
  private final Map<String, EmbeddedDeadLetters> dead = new ConcurrentHashMap<>();
  private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
  private final AtomicLong generations = new AtomicLong();
  private volatile boolean closed;

  private record Opened(EmbeddedQueue queue, MVMap<Long, byte[]> log, EmbeddedDeadLetters dead) {}

  /**
   * @param disk stays open when the broker closes: others may write to it
   */
  public EmbeddedBroker(Vertx vertx, Disk disk, Config.Data data, Metrics metrics) {
    this(vertx, disk, data, metrics, () -> {});
  }

  /** On a disk of its own, which closes with it. Fails if another process has the directory. */
  public static Future<Broker> open(Vertx vertx, Config.Data data, Metrics metrics) {
    return vertx.executeBlocking(
        () -> {
          MvDisk disk = new MvDisk(vertx, data, metrics);
          return new EmbeddedBroker(vertx, disk, data, metrics, disk::close);
        },
        false);
  }

  private EmbeddedBroker(
      Vertx vertx, Disk disk, Config.Data data, Metrics metrics, Runnable afterwards) {
    this.vertx = vertx;
    this.afterwards = afterwards;
    this.disk = disk;
    this.registry = metrics;
    // The last quarter is for acks and the store: consuming must go on when publishing overflows.
    this.inFlight = new InFlightLimiter(Math.max(1, data.inFlight() - data.inFlight() / 4));
    this.metrics = new QueueMetrics(metrics, inFlight);
  }

  @Override
  public Future<Void> declare(String queue, Set<Lane> lanes, int partitions) {
    // Opening waits for a running sync.
    return vertx.executeBlocking(
        () -> {
          EmbeddedDeadLetters letters = dead.computeIfAbsent(queue, this::openDead);
          for (Lane lane : lanes) {
            for (int partition = 0; partition < partitions; partition++) {
              QueueName name = new QueueName(queue, lane, partition);
              queues.computeIfAbsent(name, n -> open(n, letters));
            }
          }
          return null;
        },
        false);
  }

  private EmbeddedDeadLetters openDead(String queue) {
    EmbeddedDeadLetters letters =
        new EmbeddedDeadLetters(
            open(EmbeddedDeadLetters.name(queue)), disk, metrics, this::localQueue);
    metrics.deadLetters(registry, queue, letters, EmbeddedDeadLetters::count);
    return letters;
  }

  private Opened open(QueueName name, EmbeddedDeadLetters letters) {
    MVMap<Long, byte[]> log = open(name.text());
    MVMap<Long, byte[]> delayed = open(name.text() + ".delayed");
    EmbeddedQueue queue = new EmbeddedQueue(name.text(), log, delayed, disk, vertx, metrics);
    queue.delays().start();
    return new Opened(queue, log, letters);
  }

  private @Nullable EmbeddedQueue localQueue(QueueName name) {
    Opened opened = queues.get(name);
    return opened == null ? null : opened.queue;
  }

  private MVMap<Long, byte[]> open(String name) {
    return disk.map(
        name,
        new MVMap.Builder<Long, byte[]>()
            .keyType(LongDataType.INSTANCE)
            .valueType(ByteArrayDataType.INSTANCE));
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item) {
    return publish(to, queue -> queue.publish(item));
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item, Duration delay) {
    Broker.checkDelay(delay);
    return delay.isZero()
        ? publish(to, item)
        : publish(to, queue -> queue.delays().add(item, delay))
            .onSuccess(v -> metrics.delayed.increment());
  }

  private Future<Void> publish(QueueName to, Function<EmbeddedQueue, Future<Void>> write) {
    Opened opened = queues.get(to);
    String refusal =
        opened == null
            ? to + " was not declared"
            : closed ? "The queue is closed: the server is stopping." : enter();
    if (opened == null || refusal != null) {
      return Contexts.failed(vertx, new BrokerUnavailable("" + refusal));
    }
    return write
        .apply(opened.queue)
        .transform(
            written -> {
              inFlight.giveBack();
              if (written.succeeded()) {
                metrics.confirmed.increment();
                return Future.succeededFuture();
              }
              metrics.unconfirmed.increment();
              return Future.failedFuture(new BrokerUnavailable("" + written.cause().getMessage()));
            });
  }

  /** Takes a place among those in flight; why not, if there is none. */
  private @Nullable String enter() {
    if (inFlight.take()) {
      return null;
    }
    metrics.refused.increment();
    return "Too many items wait for the local disk: " + inFlight.limit() + ". Try again later.";
  }

  @Override
  public Subscription consume(QueueName from, int prefetch, DeliveryHandler handler) {
    Opened opened = queues.get(from);
    if (opened == null) {
      throw new IllegalStateException(from + " was not declared");
    }
    EmbeddedSubscription subscription =
        new EmbeddedSubscription(
            vertx,
            opened.queue,
            opened.log,
            opened.dead,
            disk,
            new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics),
            prefetch,
            generations.incrementAndGet());
    subscriptions.add(subscription);
    opened.queue.enter(subscription);
    return subscription;
  }

  @Override
  public Future<Long> depth(QueueName queue) {
    Opened opened = queues.get(queue);
    return opened == null
        ? Contexts.failed(vertx, new IllegalStateException(queue + " was not declared"))
        : Contexts.succeeded(vertx, opened.queue.size());
  }

  @Override
  public Set<String> queues() {
    return Set.copyOf(dead.keySet());
  }

  @Override
  public DeadLetters deadLetters(String queue) {
    EmbeddedDeadLetters letters = dead.get(queue);
    if (letters == null) {
      throw new IllegalStateException(queue + " was not declared");
    }
    return letters;
  }

  @Override
  public boolean available() {
    return !closed && disk.healthy();
  }

  /** Completes when the acks given so far are written, or can't be. */
  @Override
  public Future<Void> close() {
    closed = true;
    subscriptions.forEach(Subscription::close);
    queues.values().forEach(opened -> opened.queue.delays().stop());
    return disk.write(() -> true)
        .transform(
            ignored ->
                vertx.executeBlocking(
                    () -> {
                      afterwards.run();
                      return null;
                    },
                    false));
  }
}
