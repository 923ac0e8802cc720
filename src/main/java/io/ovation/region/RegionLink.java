package io.ovation.region;

import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.rabbit.RemotePublisher;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/** The connection to one region, and how its queue is partitioned. On the verticle's context. */
final class RegionLink {
  /** The queue of {@code ovation.live.Comments}. */
  private static final String COMMENTS = "comments";

  final String region;
  final RegionMetrics metrics;
  private final RemotePublisher publisher;
  private @Nullable Future<Partitions> partitions;

  RegionLink(Vertx vertx, String region, String uri, Config.Rabbitmq own, Metrics metrics) {
    this.region = region;
    this.metrics = new RegionMetrics(metrics, region);
    this.publisher = new RemotePublisher(vertx, region, uri, own);
    metrics.gauge(
        "ovation.region.connected",
        "1 while the region's RabbitMQ accepts events",
        publisher,
        it -> it.connected() ? 1 : 0,
        "region",
        region);
  }

  /** Asked once per connection's life; again after a failure. */
  Future<Partitions> partitions() {
    Future<Partitions> asked = partitions;
    if (asked == null || asked.failed()) {
      asked =
          publisher
              .connected()
              ? publisher
                  .partitions(COMMENTS, QueueName.outbox(region, 0))
                  .map(Partitions::new)
              : Future.failedFuture(
                  new BrokerUnavailable("region " + region + " is not connected"));
      partitions = asked;
    }
    return asked;
  }

  /** An item could not be written: the region may have been set up again, with other partitions. */
  void forgetPartitions() {
    partitions = null;
  }

  Future<Void> publish(int partition, byte[] item) {
    return publisher.publish(new QueueName(COMMENTS, Lane.NORMAL, partition), item);
  }

  Future<Void> close() {
    return publisher.close();
  }
}
