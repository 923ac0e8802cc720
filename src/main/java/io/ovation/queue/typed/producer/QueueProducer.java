package io.ovation.queue.typed.producer;

import com.google.protobuf.Message;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Contract;
import io.ovation.queue.typed.EnqueueOptions;
import io.ovation.queue.typed.QueueMethod;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final ProducerMetrics meters;
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
    this(broker, contract, partitions, clock, metrics, List.of());
  }

  /**
   * @param interceptors around every enqueue, the first outermost
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
    this.meters = new ProducerMetrics(metrics, contract);
  }

  public <T extends Message> Future<String> enqueue(QueueMethod<T> method, T request) {
    return enqueue(method, request, EnqueueOptions.none());
  }

  /**
   * Enqueues one request.
   *
   * @return the item's id, once it is durable. Fails with {@code BrokerUnavailable} when nothing is
   *     promised: a retry carries the same id. Fails with {@link IllegalArgumentException} when the
   *     method is not the contract's, the queue has no such lane, or an interceptor set a header
   *     that can't travel; then nothing was enqueued.
   */
  public <T extends Message> Future<String> enqueue(
      QueueMethod<T> method, T request, EnqueueOptions options) {
    if (contract.methods().get(method.name()) != method) {
      return Future.failedFuture(
          new IllegalArgumentException(method + " is not of " + contract.service()));
    }
    long begun = System.nanoTime();
    Lane lane = options.lane() == null ? method.lane() : options.lane();
    Map<String, String> headers = new HashMap<>(options.headers());
    options.policy().writeTo(headers);
    String id = options.id() == null ? method.id(request) : options.id();
    OutgoingItem item =
        new OutgoingItem(
            method,
            request,
            id.isEmpty() ? UUID.randomUUID().toString() : id,
            options.key() == null ? method.key(request) : options.key(),
            lane,
            headers);
    return pass(item, options.delay(), 0)
        .onComplete(
            done -> {
              if (done.succeeded()) {
                meters.enqueued(method).record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              } else {
                meters.failed(method).increment();
              }
            });
  }

  private Future<String> pass(OutgoingItem item, Duration delay, int interceptor) {
    try {
      return interceptor == interceptors.size()
          ? publish(item, delay)
          : interceptors
              .get(interceptor)
              .enqueue(item, onward -> pass(onward, delay, interceptor + 1));
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<String> publish(OutgoingItem item, Duration delay) {
    if (!contract.lanes().contains(item.lane())) {
      throw new IllegalArgumentException(
          "queue "
              + contract.queue()
              + " has no lane "
              + item.lane().text()
              + ", only "
              + contract.lanes());
    }
    EnqueueOptions.checkHeaders(item.headers());
    long now = clock.millis();
    byte[] envelope =
        QueueItem.newBuilder()
            .setService(item.method().service())
            .setMethod(item.method().name())
            .setPayload(item.request().toByteString())
            .setId(item.id())
            .setKey(item.key())
            .setCreatedAtMs(now)
            .setNotBeforeMs(delay.isZero() ? 0 : now + delay.toMillis())
            .putAllHeaders(item.headers())
            .build()
            .toByteArray();
    QueueName to = new QueueName(contract.queue(), item.lane(), partition(item.key()));
    Future<Void> confirmed =
        delay.isZero() ? broker.publish(to, envelope) : broker.publish(to, envelope, delay);
    return confirmed.map(item.id());
  }

  // Items without a key have no order to keep: partitions take turns.
  private int partition(String key) {
    return key.isEmpty()
        ? Math.floorMod(turn.getAndIncrement(), partitions.count())
        : partitions.of(key);
  }
}
