package io.ovation.queue.embedded;

import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.EnqueueTime;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueBounds;
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
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;

/** The queues of a single node, in its local file. A confirm is a synced write. */
public final class EmbeddedBroker implements Broker {
  private final Vertx vertx;
  private final Disk disk;
  private final Runnable onClosed;
  private final Metrics registry;
  private final QueueMetrics metrics;
  private final InFlightLimiter inFlight;
  private final Map<QueueName, EmbeddedQueue> queues = new ConcurrentHashMap<>();
  private final Map<String, EmbeddedDeadLetters> deadLetters = new ConcurrentHashMap<>();
  private final AtomicLong generations = new AtomicLong();
  private volatile boolean closed;
  private volatile String reservedFor = "";

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
          Disk disk = new Disk(vertx, data, metrics);
          return new EmbeddedBroker(vertx, disk, data, metrics, disk::close);
        },
        false);
  }

  private EmbeddedBroker(
      Vertx vertx, Disk disk, Config.Data data, Metrics metrics, Runnable onClosed) {
    this.vertx = vertx;
    this.onClosed = onClosed;
    this.disk = disk;
    this.registry = metrics;
    // The last quarter is for acks and the store: consuming must go on when publishing overflows.
    this.inFlight = new InFlightLimiter(Math.max(1, data.inFlight() - data.inFlight() / 4));
    this.metrics = new QueueMetrics(metrics, inFlight);
  }

  @Override
  public Future<Void> declare(String queue, Set<Lane> lanes, int partitions) {
    // Opening a map waits for a running sync.
    Runnable open = () -> open(queue, lanes, partitions);
    return vertx.executeBlocking(Executors.callable(open), false).mapEmpty();
  }

  private void open(String queue, Set<Lane> lanes, int partitions) {
    for (Lane lane : lanes) {
      String beyond = new QueueName(queue, lane, partitions).text();
      if (!map(beyond).isEmpty() || !map(beyond + ".delayed").isEmpty()) {
        throw Partitions.fewerThanBefore(queue, partitions, beyond);
      }
    }
    EmbeddedDeadLetters letters = deadLetters.computeIfAbsent(queue, this::openDeadLetters);
    for (Lane lane : lanes) {
      for (int partition = 0; partition < partitions; partition++) {
        var name = new QueueName(queue, lane, partition);
        queues.computeIfAbsent(name, added -> open(added, letters));
      }
    }
  }

  private EmbeddedDeadLetters openDeadLetters(String queue) {
    var letters =
        new EmbeddedDeadLetters(map("ovation." + queue + ".dead"), disk, metrics, queues::get);
    metrics.deadLetters(registry, queue, letters, EmbeddedDeadLetters::count);
    return letters;
  }

  private EmbeddedQueue open(QueueName name, EmbeddedDeadLetters letters) {
    MVMap.Builder<String, Long> types = new MVMap.Builder<>();
    types.keyType(StringDataType.INSTANCE).valueType(LongDataType.INSTANCE);
    MVMap<Long, byte[]> log = map(name.text());
    MVMap<Long, byte[]> delayed = map(name.text() + ".delayed");
    var reader = new LogReader(name, log, letters, disk.map("ovation.handed.out", types));
    var queue = new EmbeddedQueue(name, log, delayed, letters, reader, disk, vertx, metrics);
    queue.delays().start();
    return queue;
  }

  private MVMap<Long, byte[]> map(String name) {
    MVMap.Builder<Long, byte[]> types = new MVMap.Builder<>();
    types.keyType(LongDataType.INSTANCE).valueType(ByteArrayDataType.INSTANCE);
    return disk.map(name, types);
  }

  @Override
  public Future<Void> declareOutbox(String target, int partitions, QueueBounds bounds) {
    return Future.failedFuture(new ConfigException("The embedded queue has no outboxes."));
  }

  @Override
  public void reserveFor(String queue) {
    reservedFor = queue;
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item, Duration delay) {
    Broker.checkDelay(delay);
    EmbeddedQueue queue = queues.get(to);
    if (queue == null) {
      return unavailable(to + " was not declared");
    }
    if (closed) {
      return unavailable("The queue is closed: the server is stopping.");
    }
    int leave =
        reservedFor.isEmpty() || to.queue().equals(reservedFor) ? 0 : inFlight.limit() / RESERVED;
    if (!inFlight.takeLeaving(leave)) {
      metrics.refused.increment();
      int most = inFlight.limit() - leave;
      return unavailable("Too many items wait for the local disk: " + most + ". Try again later.");
    }
    Future<Void> written =
        delay.isZero()
            ? queue.publish(item)
            : queue.delays().add(item, delay).onSuccess(v -> metrics.delayed.increment());
    return written
        .onComplete(done -> inFlight.giveBack())
        .onSuccess(v -> metrics.confirmed.increment())
        .onFailure(e -> metrics.unconfirmed.increment())
        .recover(e -> Future.failedFuture(new BrokerUnavailable("" + e.getMessage())));
  }

  private Future<Void> unavailable(String why) {
    return Contexts.failed(vertx, new BrokerUnavailable(why));
  }

  @Override
  public Subscription consume(QueueName from, int prefetch, DeliveryHandler handler) {
    EmbeddedQueue queue = declared(queues, from);
    var buffer = new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics);
    var subscription =
        new EmbeddedSubscription(queue, buffer, prefetch, generations.incrementAndGet());
    queue.enter(subscription);
    return subscription;
  }

  @Override
  public Future<Long> depth(QueueName name) {
    EmbeddedQueue queue = queues.get(name);
    return queue == null
        ? Contexts.failed(vertx, new IllegalStateException(name + " was not declared"))
        : Contexts.succeeded(vertx, queue.size());
  }

  @Override
  public long oldestMs(QueueName name) {
    EmbeddedQueue queue = queues.get(name);
    return queue == null ? 0 : EnqueueTime.of(queue.first());
  }

  @Override
  public Set<String> queues() {
    return Set.copyOf(deadLetters.keySet());
  }

  @Override
  public DeadLetters deadLetters(String queue) {
    return declared(deadLetters, queue);
  }

  private static <K, V> V declared(Map<K, V> all, K name) {
    V found = all.get(name);
    if (found == null) {
      throw new IllegalStateException(name + " was not declared");
    }
    return found;
  }

  @Override
  public boolean available() {
    return !closed && disk.healthy();
  }

  /** Completes when the acks given so far are written, or can't be. */
  @Override
  public Future<Void> close() {
    closed = true;
    queues.values().forEach(EmbeddedQueue::close);
    return disk.write(() -> true)
        .transform(written -> vertx.executeBlocking(Executors.callable(onClosed), false))
        .mapEmpty();
  }
}
