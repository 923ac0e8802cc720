package io.ovation.node;

import io.ovation.async.DependencyUnavailable;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.disk.Disk;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.embedded.EmbeddedBroker;
import io.ovation.queue.rabbit.RabbitBroker;
import io.ovation.store.Store;
import io.ovation.store.embedded.EmbeddedStore;
import io.ovation.store.redis.RedisAddress;
import io.ovation.store.redis.RedisStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The node's queue and store: RabbitMQ and Redis if their URIs are set, else embedded ones, which
 * share the local disk.
 */
public record Backends(Broker broker, Store store, String brokerName, String storeName) {

  /**
   * Opens both, retrying up to their {@code reconnect_limit}, and adds each to {@code shutdown}.
   *
   * @param giveUp called, on any thread, when one is later unavailable for longer than its limit
   */
  public static Future<Backends> open(
      Vertx vertx,
      Config config,
      Metrics metrics,
      ShutdownSequence shutdown,
      Consumer<Throwable> giveUp) {
    boolean rabbit = !config.rabbitmq().uri().isEmpty();
    boolean redis = !config.redis().uri().isEmpty();
    return (rabbit && redis
            ? Future.<Disk>succeededFuture()
            : disk(vertx, config, metrics, shutdown))
        .compose(
            disk -> {
              Future<Broker> broker = broker(vertx, config, metrics, disk, giveUp);
              Future<Store> store = store(vertx, config, metrics, disk, giveUp);
              broker.onSuccess(it -> shutdown.add("the queue", it::close));
              store.onSuccess(it -> shutdown.add("the store", it::close));
              return Future.all(broker, store)
                  .map(
                      v ->
                          new Backends(
                              broker.result(),
                              store.result(),
                              where("rabbitmq", config.rabbitmq().uri()),
                              redisName(config.redis().uri())));
            });
  }

  private static Future<Broker> broker(
      Vertx vertx,
      Config config,
      Metrics metrics,
      @Nullable Disk disk,
      Consumer<Throwable> giveUp) {
    if (config.rabbitmq().uri().isEmpty()) {
      return Future.succeededFuture(
          new EmbeddedBroker(vertx, Objects.requireNonNull(disk), config.data(), metrics));
    }
    return RabbitBroker.connect(vertx, config.rabbitmq(), metrics, giveUp).map(it -> it);
  }

  private static Future<Store> store(
      Vertx vertx,
      Config config,
      Metrics metrics,
      @Nullable Disk disk,
      Consumer<Throwable> giveUp) {
    if (config.redis().uri().isEmpty()) {
      return Future.succeededFuture(
          EmbeddedStore.open(vertx, Objects.requireNonNull(disk), config.history(), metrics));
    }
    return RedisStore.connect(vertx, config.redis(), config.history(), metrics, giveUp);
  }

  private static Future<Disk> disk(
      Vertx vertx, Config config, Metrics metrics, ShutdownSequence shutdown) {
    return vertx
        .<Disk>executeBlocking(() -> new Disk(vertx, config.data(), metrics), false)
        .onSuccess(
            disk ->
                shutdown.add(
                    "the local disk",
                    () ->
                        vertx.executeBlocking(
                            () -> {
                              disk.close();
                              return null;
                            },
                            false)));
  }

  /** In words, without passwords. */
  public String describe() {
    return "queue " + brokerName + ", store " + storeName;
  }

  private static String redisName(String uri) {
    return uri.isEmpty() ? "embedded" : "redis at " + RedisAddress.of(uri).text();
  }

  private static String where(String server, String uri) {
    if (uri.isEmpty()) {
      return "embedded";
    }
    URI parsed = URI.create(uri);
    return server
        + " at "
        + parsed.getHost()
        + (parsed.getPort() < 0 ? "" : ":" + parsed.getPort());
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
   */
  public Future<Void> settlePartitions(int wanted) {
    return store
        .setOnce("partitions", Integer.toString(wanted))
        .compose(
            fixed ->
                fixed.equals(Integer.toString(wanted))
                    ? Future.succeededFuture()
                    : Future.failedFuture(
                        new ConfigException(
                            ("partitions is %d, but this installation was first started with %s."
                                    + " That number can't change, because it decides the order of"
                                    + " every stream: set partitions (OVATION_PARTITIONS) to %s,"
                                    + " or start a new installation on empty data")
                                .formatted(wanted, fixed, fixed))));
  }

  /** Whether the queue, the store or the disk caused a failure. */
  public static boolean isUnavailable(@Nullable Throwable cause) {
    return cause instanceof DependencyUnavailable;
  }
}
