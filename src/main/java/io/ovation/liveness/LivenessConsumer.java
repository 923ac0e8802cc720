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
final class LivenessConsumer {
  private static final Logger log = LoggerFactory.getLogger(LivenessConsumer.class);

  /** Below the time that the node allows a role for its stop. */
  private static final Duration DRAIN = Duration.ofSeconds(6);

  /** Few, since each failure has taken redis.timeout. */
  private static final int STORE_FAILURES = 5;

  private final OriginClient origin;
  private final ObjectChecker checks;
  private final QueueConsumer consumer;
  private final CircuitBreaker originBreaker;
  private final CircuitBreaker storeBreaker;
  private Set<Integer> ours = Set.of();
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
    this.originBreaker =
        new CircuitBreaker(
            vertx,
            policy("origin", config.breakerFailures(), config),
            this::probeOrigin,
            this::changed,
            metrics);
    this.storeBreaker =
        new CircuitBreaker(
            vertx, policy("store", STORE_FAILURES, config), store::ping, this::changed, metrics);
    this.checks =
        new ObjectChecker(
            origin,
            store.sightings(),
            config.concurrency(),
            config.ttl(),
            InstantSource.system(),
            checkMetrics,
            notifier,
            originBreaker,
            storeBreaker);
    metrics.gauge("ovation.liveness.running", "checks in flight", checks, ObjectChecker::running);
    this.consumer =
        new QueueConsumer(
            vertx,
            broker,
            LivenessQueue.register(checks),
            options(config.concurrency()),
            InstantSource.system(),
            metrics);
  }

  private Future<?> probeOrigin() {
    return checks.probeOrigin();
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
}
