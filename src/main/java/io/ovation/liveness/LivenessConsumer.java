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
 * Consumes items and has their objects checked. While the origin or the store fails, it releases
 * its partitions, so that items wait in the queue without using up attempts. Used on one context.
 */
final class LivenessConsumer implements ObjectChecker.Listener {
  private static final Logger log = LoggerFactory.getLogger(LivenessConsumer.class);

  /** Below the time that the node allows a role for its stop. */
  private static final Duration DRAIN = Duration.ofSeconds(6);

  /** Few, since each failure has taken redis.timeout. */
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
      CheckMetrics checkMetrics,
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
            checkMetrics,
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
   * Twice as many handlers as checks, since items may share a check. Each partition prefetches
   * enough to keep all checks busy, in case this node owns only one. Order does not matter here, so
   * that nodes may differ.
   */
  private static ConsumerOptions options(int concurrency) {
    return new ConsumerOptions(2 * concurrency, concurrency + concurrency / 4 + 8, DRAIN);
  }

  private static CircuitBreaker.Policy policy(String name, int failures, Config.Liveness config) {
    return new CircuitBreaker.Policy(name, failures, config.breakerInitial(), config.breakerMax());
  }

  /** Succeeds with any answer about the object that failed last. */
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
        .onFailure(
            e -> log.warn("some channels of released partitions were not closed cleanly", e));
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
