package io.ovation.liveness;

import io.ovation.config.Config;
import io.ovation.liveness.proto.LivenessQueue;
import io.ovation.metrics.Metrics;
import io.ovation.queue.Broker;
import io.ovation.queue.typed.consumer.ConsumerOptions;
import io.ovation.queue.typed.consumer.QueueConsumer;
import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes items from the queue and has them checked, but for the time that the origin or the store is
 * in trouble: then it lets go of the queue, where they wait without using up attempts. On one
 * context.
 */
final class LivenessConsumer implements ObjectChecker.Outcomes {
  private static final Logger log = LoggerFactory.getLogger(LivenessConsumer.class);

  /** Below the node's patience with a role that stops. */
  private static final Duration DRAIN = Duration.ofSeconds(6);

  /** Each has waited for redis.timeout before. */
  private static final int STORE_FAILURES = 5;

  private final OriginClient origin;
  private final Store store;
  private final SightingNotifier notifier;
  private final ObjectChecker checks;
  private final QueueConsumer consumer;
  private final CircuitBreaker originBreaker;
  private final CircuitBreaker storeBreaker;
  private Set<Integer> ours = Set.of();
  private long lastFailed;
  private boolean stopped;

  LivenessConsumer(
      Vertx vertx,
      Config.Liveness config,
      Broker broker,
      Store store,
      SightingNotifier notifier,
      CheckMetrics meters,
      Metrics metrics) {
    this.origin = new OriginClient(vertx, config);
    this.store = store;
    this.notifier = notifier;
    this.checks =
        new ObjectChecker(
            origin,
            store.sightings(),
            config.concurrency(),
            config.ttl(),
            InstantSource.system(),
            meters,
            this);
    metrics.gauge("ovation.liveness.running", "checks in flight", checks, ObjectChecker::running);
    this.consumer =
        new QueueConsumer(
            vertx,
            broker,
            LivenessQueue.register(checks),
            options(config.concurrency()),
            InstantSource.system(),
            metrics);
    this.originBreaker =
        new CircuitBreaker(
            vertx,
            policy("origin", config.breakerFailures(), config),
            this::probe,
            this::changed,
            metrics);
    this.storeBreaker =
        new CircuitBreaker(
            vertx, policy("store", STORE_FAILURES, config), store::ping, this::changed, metrics);
  }

  /**
   * As many handlers again as checks, for items that share one; per partition as many items as keep
   * all checks busy, should this node have one partition only. There is no order to keep, so that
   * nodes may differ.
   */
  private static ConsumerOptions options(int concurrency) {
    return new ConsumerOptions(2 * concurrency, concurrency + concurrency / 4 + 8, DRAIN);
  }

  private static CircuitBreaker.Policy policy(String name, int failures, Config.Liveness config) {
    return new CircuitBreaker.Policy(name, failures, config.breakerInitial(), config.breakerMax());
  }

  /** Any answer about the object that failed last will do. */
  private Future<?> probe() {
    return origin
        .online(lastFailed)
        .recover(
            cause ->
                cause instanceof OriginFailure failure && !failure.kind().isOrigins()
                    ? Future.succeededFuture(false)
                    : Future.failedFuture(cause));
  }

  void own(Set<Integer> partitions) {
    ours = partitions;
    changed();
  }

  private void changed() {
    if (stopped) {
      return;
    }
    boolean paused = originBreaker.open() || storeBreaker.open();
    consumer
        .own(paused ? Set.of() : ours)
        .onFailure(e -> log.warn("not all channels of the partitions given up closed", e));
    if (paused) {
      checks.dropWaiting();
    }
  }

  Future<Void> stop() {
    stopped = true;
    originBreaker.close();
    storeBreaker.close();
    return consumer.stop().eventually(() -> origin.close());
  }

  @Override
  public void seen(long object, long leftMs) {
    notifier.seen(object, leftMs);
  }

  @Override
  public void originAnswered() {
    originBreaker.succeeded();
  }

  @Override
  public void originFailed(long object, OriginFailure cause) {
    lastFailed = object;
    originBreaker.failed(cause);
  }

  @Override
  public void storeAnswered() {
    storeBreaker.succeeded();
  }

  @Override
  public void storeFailed(Throwable cause) {
    storeBreaker.failed(cause);
  }
}
