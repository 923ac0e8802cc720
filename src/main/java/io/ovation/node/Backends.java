package io.ovation.node;

import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.disk.Disk;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.EventPublisher;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.queue.rabbit.AmqpUri;
import io.ovation.queue.rabbit.EventExchange;
import io.ovation.queue.rabbit.RabbitBroker;
import io.ovation.store.Store;
import io.ovation.store.StoreRefused;
import io.ovation.store.StoreUnavailable;
import io.ovation.store.embedded.EmbeddedStore;
import io.ovation.store.redis.RedisAddress;
import io.ovation.store.redis.RedisStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's queue and store: RabbitMQ and Redis if their URIs are set, else embedded ones, which
 * share the local disk.
 */
public record Backends(
    Broker broker, Store store, EventPublisher events, String brokerName, String storeName) {

  private static final Logger log = LoggerFactory.getLogger(Backends.class);
  private static final long AGAIN_MS = 250;

  /**
   * Opens both, retrying up to their {@code reconnect_limit}, and adds each to {@code shutdown}.
   *
   * @param giveUp called, on any thread, when one is later unavailable for longer than its limit,
   *     or the local file cannot be written any more
   */
  public static Future<Backends> open(
      Vertx vertx,
      Config config,
      Metrics metrics,
      ShutdownSequence shutdown,
      Consumer<Throwable> giveUp) {
    String rabbit = config.rabbitmq().uri();
    String redis = config.redis().uri();
    return disk(vertx, config, metrics, shutdown, giveUp)
        .compose(
            disk -> {
              Future<? extends Broker> broker =
                  rabbit.isEmpty()
                      ? Future.succeededFuture(
                          new EmbeddedBroker(vertx, disk.orElseThrow(), config.data(), metrics))
                      : RabbitBroker.connect(vertx, config.rabbitmq(), metrics, giveUp);
              Config.History history = config.history();
              Future<Store> store =
                  redis.isEmpty()
                      ? Future.succeededFuture(
                          EmbeddedStore.open(vertx, disk.orElseThrow(), history, metrics))
                      : RedisStore.connect(vertx, config.redis(), history, metrics, giveUp);
              broker.onSuccess(it -> it.reserveFor(CommentsQueue.contract().queue()));
              broker.onSuccess(it -> shutdown.add("the queue", it::close));
              store.onSuccess(it -> shutdown.add("the store", it::close));
              String brokerName =
                  rabbit.isEmpty() ? "embedded" : "rabbitmq at " + AmqpUri.parse(rabbit).servers();
              String storeName = redisName(redis);
              EventPublisher events = events(vertx, config, metrics, shutdown, giveUp);
              return Future.all(broker, store)
                  .map(
                      v ->
                          new Backends(
                              broker.result(), store.result(), events, brokerName, storeName));
            });
  }

  private static EventPublisher events(
      Vertx vertx,
      Config config,
      Metrics metrics,
      ShutdownSequence shutdown,
      Consumer<Throwable> giveUp) {
    Config.Publish publish = config.publish();
    EventExchange exchange = null;
    if (!publish.exchange().isEmpty()) {
      exchange = new EventExchange(vertx, publish.exchange(), config.rabbitmq(), giveUp);
      shutdown.add("the published events", exchange::close);
    }
    return new EventPublisher(vertx, exchange, publish.patience(), System::nanoTime, metrics);
  }

  /** The local disk, unless neither the queue nor the store is embedded. */
  private static Future<Optional<Disk>> disk(
      Vertx vertx,
      Config config,
      Metrics metrics,
      ShutdownSequence shutdown,
      Consumer<Throwable> giveUp) {
    if (!config.rabbitmq().uri().isEmpty() && !config.redis().uri().isEmpty()) {
      return Future.succeededFuture(Optional.empty());
    }
    return vertx
        .<Disk>executeBlocking(() -> new Disk(vertx, config.data(), metrics, giveUp), false)
        .onSuccess(
            disk ->
                shutdown.add(
                    "the local disk",
                    () -> vertx.executeBlocking(Executors.callable(disk::close), false)))
        .map(Optional::of);
  }

  /** In words, without passwords. */
  public String describe() {
    return "queue " + brokerName + ", store " + storeName;
  }

  private static String redisName(String uri) {
    return uri.isEmpty() ? "embedded" : "redis at " + RedisAddress.of(uri).text();
  }

  /** The number that the store keeps. One lost connection must not end a node that starts. */
  private Future<String> settled(Vertx vertx, int wanted, long deadline) {
    return store
        .setOnce("partitions", Integer.toString(wanted))
        .recover(
            cause -> {
              boolean outage =
                  cause instanceof StoreUnavailable && !(cause instanceof StoreRefused);
              if (!outage || System.nanoTime() - deadline >= 0) {
                return Future.failedFuture(cause);
              }
              log.warn(
                  "the number of partitions could not be read; retrying: {}", cause.getMessage());
              return vertx
                  .timer(AGAIN_MS, TimeUnit.MILLISECONDS)
                  .compose(v -> settled(vertx, wanted, deadline));
            });
  }

  public Future<String> brokerState() {
    return broker.available()
        ? Future.succeededFuture(brokerName)
        : Future.failedFuture(brokerName + ": not available");
  }

  public Future<String> storeState() {
    return store.ping().map(storeName);
  }

  /**
   * Fails if the installation was started with another number, which decides each stream's order.
   *
   * @param patience how long a store that does not answer is asked again
   */
  public Future<Void> settlePartitions(Vertx vertx, int wanted, Duration patience) {
    String text =
        "partitions is %d, but this installation was first started with %s. That number can't"
            + " change, because it decides the order of every stream: set partitions"
            + " (OVATION_PARTITIONS) to %<s, or start a new installation on empty data";
    return settled(vertx, wanted, System.nanoTime() + patience.toNanos())
        .compose(
            fixed ->
                fixed.equals(Integer.toString(wanted))
                    ? Future.succeededFuture()
                    : Future.failedFuture(new ConfigException(text.formatted(wanted, fixed))));
  }
}
