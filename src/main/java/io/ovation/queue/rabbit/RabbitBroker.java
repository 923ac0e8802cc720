package io.ovation.queue.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.async.Backoff;
import io.ovation.async.InFlightLimiter;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueBounds;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queues on RabbitMQ, over three connections: one to publish and one to consume, so that a broker
 * that blocks publishers (memory, disk) does not block the acks that would relieve it, and an
 * {@link AdminClient} for the rest. Publishing and consuming use amqp-client directly, with every
 * blocking call on a thread of this broker.
 */
public final class RabbitBroker implements Broker {
  private static final Logger log = LoggerFactory.getLogger(RabbitBroker.class);

  /** Scans of dead letters that may run or wait on this node. An operator runs few at a time. */
  private static final int SCANS = 17;

  private final Vertx vertx;
  private final Config.Rabbitmq config;
  private final QueueMetrics metrics;
  private final DeadLetterDepths deadDepths;
  private final Consumer<Throwable> limitReached;
  private final Promise<RabbitBroker> ready;
  private final Topology topology = new Topology();
  private final Publisher publisher;
  private final ConsumerThread consumers;
  private final ManagedConnection publishing;
  private final ManagedConnection consuming;
  private final AdminClient admin;
  private final InFlightLimiter scans = new InFlightLimiter(SCANS);
  private final AtomicBoolean adminStarted = new AtomicBoolean();
  private final AtomicBoolean redeclaring = new AtomicBoolean();
  private final AtomicBoolean abandoned = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final int reserve;
  private volatile String reservedFor = "";

  /**
   * Connects, with retries and back-off up to {@code rabbitmq.reconnect_limit}; then the future
   * fails.
   *
   * @param limitReached called once, on a thread of this broker, when a lost connection did not
   *     come back within that limit; the broker is of no use then, and the process should exit
   */
  public static Future<RabbitBroker> connect(
      Vertx vertx, Config.Rabbitmq config, Metrics metrics, Consumer<Throwable> limitReached) {
    ConnectionFactory factory;
    try {
      factory = ConnectionFactories.of(config);
    } catch (RuntimeException e) {
      return Contexts.failed(vertx, e);
    }
    RabbitBroker broker = new RabbitBroker(vertx, config, metrics, limitReached, factory);
    broker.publishing.start();
    broker.consuming.start();
    return broker.ready.future();
  }

  private RabbitBroker(
      Vertx vertx,
      Config.Rabbitmq config,
      Metrics metrics,
      Consumer<Throwable> limitReached,
      ConnectionFactory factory) {
    this.vertx = vertx;
    this.config = config;
    this.reserve = config.inFlight() / RESERVED;
    InFlightLimiter inFlight = new InFlightLimiter(config.inFlight());
    this.metrics = new QueueMetrics(metrics, inFlight);
    this.limitReached = limitReached;
    this.ready = Contexts.promise(vertx);
    // With jitter, so that many nodes that lost the broker together don't come back together.
    Backoff backoff = new Backoff(config.reconnectInitial(), 2, config.reconnectMax(), 0.5);
    Consumer<Throwable> abandon =
        why -> this.metrics.guard.run("end of the queue", () -> abandon(why));
    Duration timeout = config.confirmTimeout();
    publisher =
        new Publisher(vertx, inFlight, timeout, this.metrics, System::nanoTime, this::redeclare);
    publisher.startSweeping();
    publishing =
        new ManagedConnection(
            "publish", factory, config, backoff, publisher, this::startAdmin, abandon);
    consumers = new ConsumerThread(backoff, this.metrics.guard);
    consuming =
        new ManagedConnection(
            "consume", factory, config, backoff, consumers, this::startAdmin, abandon);
    admin = new AdminClient(vertx, config, topology, backoff, abandon);
    deadDepths = new DeadLetterDepths(metrics, this.metrics);
    String help = "Connections that are open, of 3";
    metrics.gauge("ovation.rabbitmq.connected", help, this, RabbitBroker::openConnections);
  }

  private int openConnections() {
    return (publishing.connection() == null ? 0 : 1)
        + (consuming.connection() == null ? 0 : 1)
        + (admin.isConnected() ? 1 : 0);
  }

  /** Once, after both other connections: it would attempt to connect without an end. */
  private void startAdmin() {
    if (publishing.connection() != null
        && consuming.connection() != null
        && adminStarted.compareAndSet(false, true)) {
      admin.every(DeadLetterDepths.EVERY_SECONDS, deadDepths::refresh);
      admin.start().onComplete(v -> ready.tryComplete(this), ready::tryFail);
    }
  }

  private void abandon(Throwable why) {
    if (!abandoned.compareAndSet(false, true) || closed.get()) {
      return;
    }
    if (ready.tryFail(why)) {
      close();
    } else {
      limitReached.accept(why);
    }
  }

  @Override
  public Future<Void> declare(String queue, Set<Lane> lanes, int partitions) {
    Promise<Void> declared = Contexts.promise(vertx);
    vertx
        .executeBlocking(() -> beyond(queue, lanes, partitions), false)
        .compose(
            beyond -> {
              if (!beyond.isEmpty()) {
                return Future.failedFuture(Partitions.fewerThanBefore(queue, partitions, beyond));
              }
              topology.add(queue, lanes, partitions);
              deadDepths.add(queue);
              return admin.declareMissing();
            })
        .onComplete(declared);
    return declared.future();
  }

  @Override
  public Future<Void> declareOutbox(String target, int partitions, QueueBounds bounds) {
    topology.addOutbox(target, partitions, bounds);
    deadDepths.add(QueueName.outbox(target, 0).queue());
    return admin.declareMissing();
  }

  /** A queue of the next partition that has items or consumers; empty if there is none. */
  private String beyond(String queue, Set<Lane> lanes, int partitions) throws Exception {
    Connection now = publishing.connection();
    if (now != null) {
      for (Lane lane : lanes) {
        String next = new QueueName(queue, lane, partitions).text();
        try (Channel channel = now.createChannel()) {
          var found = channel.queueDeclarePassive(next);
          if (found.getMessageCount() + found.getConsumerCount() > 0) {
            return next;
          }
        } catch (IOException | AlreadyClosedException missing) {
          log.debug("There is no {}, as it should be", next, missing);
        }
      }
    }
    return "";
  }

  /** A queue or an exchange was deleted. Thousands of items may notice it at a time. */
  private void redeclare() {
    if (redeclaring.compareAndSet(false, true)) {
      topology.forgetDeclared();
      admin
          .declareMissing()
          .onComplete(
              v -> log.warn("A queue was deleted. It is declared again; its items are lost"),
              e -> log.error("A queue was deleted. {}", e.getMessage()))
          .onComplete(ended -> redeclaring.set(false));
    }
  }

  @Override
  public void reserveFor(String queue) {
    reservedFor = queue;
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item, Duration delay) {
    if (!topology.has(to)) {
      return Contexts.failed(vertx, new BrokerUnavailable(to + " was not declared"));
    }
    int leave = reservedFor.isEmpty() || to.queue().equals(reservedFor) ? 0 : reserve;
    if (delay.isZero()) {
      return publisher.publishLeaving(leave, "", to.text(), item, Publisher.PERSISTENT);
    }
    DelayTopology.Route route = DelayTopology.route(to.text(), delay);
    return publisher
        .publishLeaving(leave, route.exchange(), route.key(), item, Publisher.PERSISTENT)
        .onSuccess(v -> metrics.delayed.increment());
  }

  private Future<Void> publishDead(QueueName from, byte[] body, FailureDetails failure) {
    BasicProperties headers = DeadLetterHeaders.of(from, failure, System.currentTimeMillis());
    return publisher
        .publish("", Topology.dead(from.queue()), body, headers)
        .onSuccess(v -> deadDepths.added(from.queue()));
  }

  @Override
  public Subscription consume(QueueName from, int prefetch, DeliveryHandler handler) {
    var buffer = new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics);
    var subscription =
        new RabbitSubscription(
            vertx, from, prefetch, buffer, consumers, this::publishDead, metrics);
    consumers.add(subscription);
    return subscription;
  }

  /** Items that no consumer holds; RabbitMQ does not count unacked ones here. */
  @Override
  public Future<Long> depth(QueueName queue) {
    return admin.call(
        "count " + queue, client -> AdminClient.await(client.messageCount(queue.text())));
  }

  @Override
  public long oldestMs(QueueName queue) {
    return consumers.all().stream()
        .filter(subscription -> subscription.queue().equals(queue))
        .mapToLong(RabbitSubscription::oldestMs)
        .filter(at -> at > 0)
        .min()
        .orElse(0);
  }

  @Override
  public Set<String> queues() {
    return topology.names();
  }

  @Override
  public DeadLetters deadLetters(String queue) {
    return new RabbitDeadLetters(
        admin, publisher, publishing::connection, scans, Topology.dead(queue));
  }

  @Override
  public boolean available() {
    return publisher.available();
  }

  /** Bounded by the confirm timeout, plus some 10 s for connections that don't answer. */
  @Override
  public Future<Void> close() {
    if (!closed.compareAndSet(false, true)) {
      return Future.succeededFuture();
    }
    List<Future<Void>> ended = consumers.all().stream().map(RabbitSubscription::close).toList();
    return Future.join(ended)
        .transform(all -> vertx.executeBlocking(this::disconnect, false))
        .eventually(admin::close)
        .mapEmpty();
  }

  private Void disconnect() {
    long deadline = System.nanoTime() + config.confirmTimeout().toNanos();
    while (!publisher.idle() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    publisher.close();
    publishing.close();
    consuming.close();
    consumers.close();
    return null;
  }
}
