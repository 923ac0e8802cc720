package io.ovation.region;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.rabbit.RemotePublisher;
import io.ovation.wire.proto.RegionLag;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The way to one region's queue, and how that is partitioned. On the verticle's context. */
final class RegionLink {
  final String region;
  final RegionMetrics metrics;
  private final Supplier<Future<Integer>> count;
  private final Publish publish;
  private final Connection connection;
  private final Supplier<Future<Void>> close;
  private @Nullable Future<Partitions> partitions;
  private String lastError = "";

  /** Writes an item durably, in the order of the calls. */
  @FunctionalInterface
  interface Publish {
    /**
     * @param ttl after which the item is of no use; zero if it always is
     */
    Future<Void> publish(QueueName queue, byte[] item, Duration ttl);
  }

  /** To the region's RabbitMQ. */
  @FunctionalInterface
  interface Connection {
    /** Whether items are accepted. */
    boolean connected();

    /** Why not; empty if that is not known. */
    default String lastError() {
      return "";
    }
  }

  /**
   * @param count asks how many partitions the region's queue has
   */
  RegionLink(
      String region,
      Supplier<Future<Integer>> count,
      Publish publish,
      Connection connection,
      Supplier<Future<Void>> close,
      Metrics metrics) {
    this.region = region;
    this.count = count;
    this.publish = publish;
    this.connection = connection;
    this.close = close;
    this.metrics = new RegionMetrics(metrics, region);
  }

  /** Begins to connect to the region's RabbitMQ. */
  static RegionLink connect(
      Vertx vertx, String region, String uri, Config.Rabbitmq own, Metrics metrics) {
    RemotePublisher publisher = new RemotePublisher(vertx, region, uri, own);
    metrics.gauge(
        "ovation.region.connected",
        "1 while the region's RabbitMQ accepts events",
        publisher,
        it -> it.connected() ? 1 : 0,
        "region",
        region);
    // An outbox of this name is on no other RabbitMQ than this region's own.
    Supplier<Future<Integer>> count =
        () ->
            publisher.connected()
                ? publisher.partitions(ForwardBatch.COMMENTS, QueueName.outbox(region, 0))
                : Future.failedFuture(
                    new BrokerUnavailable("region " + region + " is not connected"));
    return new RegionLink(
        region, count, publisher::publish, connection(publisher), publisher::close, metrics);
  }

  private static Connection connection(RemotePublisher publisher) {
    return new Connection() {
      @Override
      public boolean connected() {
        return publisher.connected();
      }

      @Override
      public String lastError() {
        return publisher.lastError();
      }
    };
  }

  boolean connected() {
    return connection.connected();
  }

  /** Asked once; again after {@link #failed} or a failure. */
  Future<Partitions> partitions() {
    Future<Partitions> asked = partitions;
    if (asked == null || asked.failed()) {
      asked = count.get().map(Partitions::new);
      partitions = asked;
    }
    return asked;
  }

  /** An item could not be written: the region may have been set up again, with other partitions. */
  void failed(Throwable cause) {
    partitions = null;
    lastError = String.valueOf(cause.getMessage());
  }

  Future<Void> publish(QueueName queue, byte[] item, Duration ttl) {
    return publish.publish(queue, item, ttl).onSuccess(v -> lastError = "");
  }

  /** Why nothing is carried over now; empty if it is, or if that is not known. */
  private String lastError() {
    String away = connected() ? "" : connection.lastError();
    return away.isEmpty() ? lastError : away;
  }

  /** Adds what is known of the link. */
  RegionLag report(RegionLag.Builder lag) {
    return lag.setConnected(connected())
        .setForwarded((long) metrics.forwarded.count())
        .setDropped((long) metrics.dropped.count())
        .setLastError(lastError())
        .build();
  }

  Future<Void> close() {
    return close.get();
  }
}
