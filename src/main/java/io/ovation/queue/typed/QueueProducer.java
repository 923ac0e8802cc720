package io.ovation.queue.typed;

import com.google.protobuf.Message;
import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Puts requests in their envelope and into the partition that keeps their key's order. One per
 * contract; generated producers wrap it. Any thread.
 */
public final class QueueProducer {
  private final Broker broker;
  private final Contract contract;
  private final Partitions partitions;
  private final InstantSource clock;
  private final Counter enqueued;
  private final Counter failed;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * @param partitions as the contract's queue was declared with
   */
  public QueueProducer(
      Broker broker,
      Contract contract,
      Partitions partitions,
      InstantSource clock,
      Metrics metrics) {
    this.broker = broker;
    this.contract = contract;
    this.partitions = partitions;
    this.clock = clock;
    this.enqueued =
        metrics.counter(
            "ovation.queue.enqueued", "items confirmed by the broker", "queue", contract.queue());
    this.failed =
        metrics.counter(
            "ovation.queue.enqueue.failed",
            "items that the broker did not confirm",
            "queue",
            contract.queue());
  }

  public <T extends Message> Future<String> enqueue(QueueMethod<T> method, T request) {
    return enqueue(method, request, EnqueueOptions.none());
  }

  /**
   * Enqueues one request.
   *
   * @return the item's id, once it is durable. Fails with {@code BrokerUnavailable} when nothing is
   *     promised: a retry carries the same id. Fails with {@link IllegalArgumentException} when the
   *     queue has no such lane.
   */
  public <T extends Message> Future<String> enqueue(
      QueueMethod<T> method, T request, EnqueueOptions options) {
    Lane lane = options.lane() == null ? method.lane() : options.lane();
    if (!contract.lanes().contains(lane)) {
      return Future.failedFuture(
          new IllegalArgumentException(
              "queue "
                  + contract.queue()
                  + " has no lane "
                  + lane.text()
                  + ", only "
                  + contract.lanes()));
    }
    String key = method.key(request);
    String id = options.id() == null ? method.id(request) : options.id();
    QueueItem item =
        QueueItem.newBuilder()
            .setService(method.service())
            .setMethod(method.name())
            .setPayload(request.toByteString())
            .setId(id.isEmpty() ? UUID.randomUUID().toString() : id)
            .setKey(key)
            .setCreatedAtMs(clock.millis())
            .putAllHeaders(options.headers())
            .build();
    QueueName to = new QueueName(contract.queue(), lane, partition(key));
    return broker
        .publish(to, item.toByteArray())
        .onComplete(done -> (done.succeeded() ? enqueued : failed).increment())
        .map(item.getId());
  }

  // Items without a key have no order to keep: partitions take turns.
  private int partition(String key) {
    return key.isEmpty()
        ? Math.floorMod(turn.getAndIncrement(), partitions.count())
        : partitions.of(key);
  }
}
