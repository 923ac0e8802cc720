package io.ovation.queue.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.DeadLetters;
import io.ovation.queue.DeliveryBuffer;
import io.ovation.queue.DeliveryHandler;
import io.ovation.queue.FailureDetails;
import io.ovation.queue.Lane;
import io.ovation.queue.QueueMetrics;
import io.ovation.queue.QueueName;
import io.ovation.queue.Subscription;
import io.ovation.queue.rabbit.deadletters.DeadLetterDepths;
import io.ovation.queue.rabbit.deadletters.DeadLetterHeaders;
import io.ovation.queue.rabbit.deadletters.RabbitDeadLetters;
import io.ovation.vertx.Contexts;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queues on RabbitMQ: one connection to publish, one to consume, so that a broker that holds
 * publishers back (memory, disk) does not hold back the acks that would relieve it. The amqp-client
 * is used directly for all of it; every blocking call is on a thread of this broker.
 */
public final class RabbitBroker implements Broker {
  private static final Logger log = LoggerFactory.getLogger(RabbitBroker.class);

  private final Vertx vertx;
  private final Config.Rabbitmq config;
  private final QueueMetrics metrics;
  private final DeadLetterDepths deadDepths;
  private final Consumer<Throwable> giveUp;
  private final AtomicBoolean gaveUp = new AtomicBoolean();
  private final Promise<RabbitBroker> ready;
  private final Topology topology = new Topology();
  private final Threads threads = new Threads();
  private final Publisher publisher;
  private final ConsumerThread consumers;
  private final ManagedConnection publishing;
  private final ManagedConnection consuming;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Connects, trying again with back-off up to the reconnect limit; then the future fails. Later,
   * when a lost connection did not come back within that limit, {@code giveUp} is called once, on a
   * thread of this broker, and the broker stays useless: the process should say why and exit.
   */
  public static Future<RabbitBroker> connect(
      Vertx vertx, Config.Rabbitmq config, Metrics metrics, Consumer<Throwable> giveUp) {
    ConnectionFactory factory;
    try {
      factory = ConnectionFactories.of(config);
    } catch (RuntimeException e) {
      return Contexts.failed(vertx, e);
    }
    RabbitBroker broker = new RabbitBroker(vertx, config, metrics, giveUp, factory);
    broker.threads.admin.scheduleWithFixedDelay(
        broker::countDead, 1, DeadLetterDepths.EVERY_SECONDS, TimeUnit.SECONDS);
    broker.publishing.start();
    broker.consuming.start();
    return broker.ready.future();
  }

  private RabbitBroker(
      Vertx vertx,
      Config.Rabbitmq config,
      Metrics metrics,
      Consumer<Throwable> giveUp,
      ConnectionFactory factory) {
    this.vertx = vertx;
    this.config = config;
    this.metrics = new QueueMetrics(metrics);
    this.deadDepths = new DeadLetterDepths(metrics, this.metrics);
    this.giveUp = giveUp;
    this.ready = Contexts.promise(vertx);
    factory.setSharedExecutor(threads.deliveries);
    ReconnectBackoff backoff =
        new ReconnectBackoff(config.reconnectInitial(), config.reconnectMax());
    publisher =
        new Publisher(
            vertx,
            config.inFlight(),
            config.confirmTimeout(),
            this.metrics,
            threads.timer,
            this::declareAgain);
    publishing = new ManagedConnection("publish", factory, config, new PublishLink(), this::giveUp);
    consuming = new ManagedConnection("consume", factory, config, new ConsumeLink(), this::giveUp);
    consumers = new ConsumerThread(threads.consumers, backoff, consuming::connection);
    metrics.gauge(
        "ovation.rabbitmq.connected",
        "Connections that are up, of 2",
        this,
        b ->
            (b.publishing.connection() == null ? 0 : 1)
                + (b.consuming.connection() == null ? 0 : 1));
  }

  private final class PublishLink implements ManagedConnection.Listener {
    @Override
    public void up(Connection connection) throws IOException, TimeoutException {
      topology.apply(connection);
      publisher.up(connection);
    }

    @Override
    public void connected() {
      readyWhenBoth();
    }

    @Override
    public void down() {
      publisher.down();
    }
  }

  private final class ConsumeLink implements ManagedConnection.Listener {
    @Override
    public void up(Connection connection) {}

    @Override
    public void connected() {
      consumers.up();
      readyWhenBoth();
    }

    @Override
    public void down() {
      consumers.down();
    }
  }

  /** Admin thread. */
  private void countDead() {
    Connection connection = publishing.connection();
    if (connection != null) {
      deadDepths.refresh(connection);
    }
  }

  private void readyWhenBoth() {
    if (publishing.connection() != null && consuming.connection() != null) {
      ready.tryComplete(this);
    }
  }

  private void giveUp(Throwable why) {
    if (gaveUp.compareAndSet(false, true) && !closed.get() && !ready.tryFail(why)) {
      giveUp.accept(why);
    }
  }

  @Override
  public Future<Void> declare(String queue, Set<Lane> lanes, int partitions) {
    Promise<Void> done = Contexts.promise(vertx);
    topology.add(queue, lanes, partitions);
    deadDepths.add(queue);
    long deadline = System.nanoTime() + config.reconnectLimit().toNanos();
    admin(() -> declare(done, deadline, 1));
    return done.future();
  }

  /** Admin thread. A broker that just came up may need a while to elect its queues' leaders. */
  private void declare(Promise<Void> done, long deadline, int attempt) {
    try {
      topology.apply(publishConnection());
      done.tryComplete();
    } catch (IOException | TimeoutException | RuntimeException e) {
      if (closed.get() || System.nanoTime() > deadline || Topology.isMismatch(e)) {
        done.tryFail(
            new BrokerUnavailable("Can't declare queues: " + ManagedConnection.describe(e)));
        return;
      }
      log.warn("Can't declare queues yet: {}", ManagedConnection.describe(e));
      ReconnectBackoff backoff =
          new ReconnectBackoff(config.reconnectInitial(), config.reconnectMax());
      threads.admin.schedule(
          () -> declare(done, deadline, attempt + 1),
          backoff.millis(attempt),
          TimeUnit.MILLISECONDS);
    }
  }

  /** Somebody deleted a queue that we publish to. */
  private void declareAgain() {
    admin(
        () -> {
          try {
            topology.mistrust();
            topology.apply(publishConnection());
            log.warn("A queue was deleted and is declared again; what was in it is lost");
          } catch (IOException | TimeoutException | RuntimeException e) {
            log.error("Can't declare a deleted queue again: {}", ManagedConnection.describe(e));
          }
        });
  }

  private Connection publishConnection() throws IOException {
    Connection connection = publishing.connection();
    if (connection == null) {
      throw new IOException("RabbitMQ is not connected now");
    }
    return connection;
  }

  private void admin(Runnable task) {
    try {
      threads.admin.execute(task);
    } catch (RejectedExecutionException stopping) {
      log.debug("not done: stopping");
    }
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item) {
    return publish(to, new DelayTopology.Route("", to.text()), item);
  }

  @Override
  public Future<Void> publish(QueueName to, byte[] item, Duration delay) {
    if (delay.isZero()) {
      return publish(to, item);
    }
    return publish(to, DelayTopology.route(to.text(), delay), item)
        .onSuccess(v -> metrics.delayed.increment());
  }

  private Future<Void> publish(QueueName to, DelayTopology.Route route, byte[] item) {
    if (!topology.has(to)) {
      return Contexts.failed(vertx, new BrokerUnavailable(to + " was not declared"));
    }
    return publisher.publish(route.exchange(), route.key(), item, Publisher.PERSISTENT);
  }

  private Future<Void> putDead(QueueName from, byte[] body, FailureDetails failure) {
    return publisher
        .publish(
            "",
            Topology.dead(from),
            body,
            DeadLetterHeaders.of(from, failure, System.currentTimeMillis()))
        .onSuccess(v -> deadDepths.added(from.queue()));
  }

  @Override
  public Subscription consume(QueueName from, int prefetch, DeliveryHandler handler) {
    RabbitSubscription subscription =
        new RabbitSubscription(
            vertx,
            from,
            prefetch,
            new DeliveryBuffer(vertx.getOrCreateContext(), handler, metrics),
            consumers,
            this::putDead,
            metrics);
    consumers.add(subscription);
    return subscription;
  }

  /** Items not handed out; RabbitMQ does not count unacked ones here. */
  @Override
  public Future<Long> depth(QueueName queue) {
    String name = queue.text();
    Promise<Long> done = Contexts.promise(vertx);
    admin(
        () -> {
          try (Channel channel = publishConnection().createChannel()) {
            done.tryComplete((long) channel.queueDeclarePassive(name).getMessageCount());
          } catch (IOException | TimeoutException | RuntimeException e) {
            done.tryFail(
                new BrokerUnavailable(
                    "Can't count " + name + ": " + ManagedConnection.describe(e)));
          }
        });
    return done.future();
  }

  @Override
  public Set<String> queues() {
    return topology.names();
  }

  @Override
  public DeadLetters deadLetters(String queue) {
    return new RabbitDeadLetters(
        vertx,
        new RabbitDeadLetters.Access(
            threads.looks, consuming::connection, publisher, config.confirmTimeout()),
        Topology.dead(queue));
  }

  @Override
  public boolean available() {
    return publisher.available();
  }

  /** Bounded by the confirm timeout, plus 5 s for connections that don't answer. */
  @Override
  public Future<Void> close() {
    Promise<Void> done = Contexts.promise(vertx);
    if (!closed.compareAndSet(false, true)) {
      done.complete();
      return done.future();
    }
    List<Future<Void>> ended = consumers.all().stream().map(Subscription::close).toList();
    Future.join(ended).onComplete(all -> admin(() -> finish(done)));
    return done.future();
  }

  /** Admin thread. */
  private void finish(Promise<Void> done) {
    long deadline = System.nanoTime() + config.confirmTimeout().toNanos();
    while (!publisher.idle() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    publisher.close();
    publishing.close();
    consuming.close();
    threads.shutdown();
    done.tryComplete();
  }

  /** All of the broker's own threads but the links' and the publisher's. */
  private static final class Threads {
    /** Where the client hands over deliveries; per channel in order. Two, for two cores' worth. */
    final java.util.concurrent.ExecutorService deliveries =
        Executors.newFixedThreadPool(
            2, r -> ConnectionFactories.daemon(r, "ovation-rabbit-delivery"));

    /** Looks through dead letters wait for one another; an operator has few at a time. */
    final ThreadPoolExecutor looks =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(16),
            r -> ConnectionFactories.daemon(r, "ovation-rabbit-looks"));

    final ScheduledExecutorService consumers = single("ovation-rabbit-consumers");
    final ScheduledExecutorService admin = single("ovation-rabbit-admin");
    final ScheduledExecutorService timer = single("ovation-rabbit-timer");

    private static ScheduledExecutorService single(String name) {
      return Executors.newSingleThreadScheduledExecutor(r -> ConnectionFactories.daemon(r, name));
    }

    void shutdown() {
      deliveries.shutdown();
      looks.shutdown();
      consumers.shutdown();
      timer.shutdownNow();
      admin.shutdown();
    }
  }
}
