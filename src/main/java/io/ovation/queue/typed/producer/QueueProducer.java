package io.ovation.queue.typed.producer;

import com.google.protobuf.Message;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.ItemPolicy;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.QueueMethod;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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
  private final List<ProducerInterceptor> interceptors;
  private final IdentityHashMap<QueueMethod<?>, MethodMetrics> metrics = new IdentityHashMap<>();
  private final AtomicInteger nextPartition = new AtomicInteger();

  private record MethodMetrics(Timer enqueued, Counter failed) {}

  /**
   * @param partitions as the contract's queue was declared with
   * @param interceptors wrap every enqueue, the first outermost
   */
  public QueueProducer(
      Broker broker,
      Contract contract,
      Partitions partitions,
      InstantSource clock,
      Metrics metrics,
      List<ProducerInterceptor> interceptors) {
    this.broker = broker;
    this.contract = contract;
    this.partitions = partitions;
    this.clock = clock;
    this.interceptors = List.copyOf(interceptors);
    for (QueueMethod<?> method : contract.methods().values()) {
      String[] tags = method.tags(contract.queue());
      Timer enqueued =
          metrics.timer("ovation.queue.enqueue", "enqueues until the broker's confirm", tags);
      Counter failed =
          metrics.counter("ovation.queue.enqueue.failed", "enqueues without a confirm", tags);
      this.metrics.put(method, new MethodMetrics(enqueued, failed));
    }
  }

  /**
   * Enqueues one request.
   *
   * @return the item's id, once it is durable. Fails with {@code BrokerUnavailable} when nothing is
   *     promised: a retry carries the same id. Fails with {@link IllegalArgumentException} when the
   *     method is not the contract's, the queue has no such lane, or an interceptor set a header
   *     out of bounds; then nothing was enqueued.
   */
  public <T extends Message> Future<String> enqueue(
      QueueMethod<T> method, T request, EnqueueOptions options) {
    Item<T> item;
    try {
      contract.requireMethod(method);
      item = item(method, request, options);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(e);
    }
    long start = System.nanoTime();
    MethodMetrics meters = Objects.requireNonNull(metrics.get(method));
    return intercept(item, options, 0)
        .onSuccess(id -> meters.enqueued.record(System.nanoTime() - start, TimeUnit.NANOSECONDS))
        .onFailure(e -> meters.failed.increment());
  }

  private <T extends Message> Item<T> item(
      QueueMethod<T> method, T request, EnqueueOptions options) {
    String id = options.id() == null ? method.idOf().apply(request) : options.id();
    long now = clock.millis();
    long due = options.delay().isZero() ? 0 : now + options.delay().toMillis();
    String key = options.key() == null ? method.keyOf().apply(request) : options.key();
    String given = id.isEmpty() ? UUID.randomUUID().toString() : id;
    ItemMetadata meta = new ItemMetadata(given, key, now, 0, due, options.headers());
    return new Item<>(method, request, meta, method.policy().with(options.policy(), rule -> {}));
  }

  private Future<String> intercept(Item<?> item, EnqueueOptions options, int interceptor) {
    try {
      if (interceptor == interceptors.size()) {
        return publish(item, options);
      }
      ProducerInterceptor.Next next = onward -> intercept(onward, options, interceptor + 1);
      return interceptors.get(interceptor).enqueue(item, next);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<String> publish(Item<?> item, EnqueueOptions options) {
    Lane lane = options.lane() == null ? item.method().lane() : options.lane();
    if (!contract.lanes().contains(lane)) {
      throw new IllegalArgumentException(
          "queue %s has no lane %s, only %s"
              .formatted(contract.queue(), lane.text(), contract.lanes()));
    }
    ItemMetadata meta = item.meta();
    EnqueueOptions.checkHeaders(meta.headers());
    var envelope =
        QueueItem.newBuilder()
            .setService(item.method().service())
            .setMethod(item.method().name())
            .setPayload(item.request().toByteString())
            .setId(meta.id())
            .setKey(meta.key())
            .setCreatedAtMs(meta.createdAtMs())
            .setNotBeforeMs(meta.notBeforeMs())
            .putAllHeaders(meta.headers());
    if (!options.policy().equals(ItemPolicy.getDefaultInstance())) {
      envelope.setPolicy(options.policy());
    }
    if (!options.delay().isZero()) {
      envelope.setWaitMs(0); // the broker carries the whole delay
    }
    byte[] bytes = envelope.build().toByteArray();
    QueueName to = new QueueName(contract.queue(), lane, partition(meta.key()));
    return broker.publish(to, bytes, options.delay()).map(meta.id());
  }

  // Items without a key have no order to keep: they are spread over the partitions in turn.
  private int partition(String key) {
    return key.isEmpty()
        ? Math.floorMod(nextPartition.getAndIncrement(), partitions.count())
        : partitions.of(key);
  }
}
