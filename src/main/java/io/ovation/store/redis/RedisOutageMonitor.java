package io.ovation.store.redis;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks outages of Redis. During one it probes, one probe at a time, until Redis answers, also
 * after {@code redis.reconnect_limit} has passed. Confined to the executor's context.
 */
final class RedisOutageMonitor {
  private static final Logger log = LoggerFactory.getLogger(RedisOutageMonitor.class);
  private static final Backoff PAUSE =
      new Backoff(Duration.ofMillis(40), 2, Duration.ofMillis(750), 0.3);

  private final Vertx vertx;
  private final Duration limit;
  private final String address;
  private final Supplier<Future<?>> probe;
  private final Runnable onRecovery;
  private final Consumer<Throwable> onLimit;
  private final Counter outages;
  private volatile boolean unavailable;
  private boolean probing;
  private boolean closed;
  private long since;
  private long limitTimer = -1;
  private String lastError = "";

  /**
   * @param address host and port, for logs
   * @param probe fails while Redis can't be used; may take any time
   * @param onLimit called once per outage that lasts longer than {@code reconnectLimit}
   */
  RedisOutageMonitor(
      Vertx vertx,
      Config.Redis config,
      Metrics metrics,
      String address,
      Supplier<Future<?>> probe,
      Runnable onRecovery,
      Consumer<Throwable> onLimit) {
    this.vertx = vertx;
    this.limit = config.reconnectLimit();
    this.address = address;
    this.probe = probe;
    this.onRecovery = onRecovery;
    this.onLimit = onLimit;
    this.outages = metrics.counter("ovation.store.outages", "Outages of Redis that began");
    metrics.gauge(
        "ovation.store.away", "1 while Redis does not answer", this, o -> o.unavailable ? 1 : 0);
  }

  /** Any thread. */
  boolean unavailable() {
    return unavailable;
  }

  void start() {
    unavailable = true;
    since = System.nanoTime();
    limitTimer = vertx.setTimer(Math.max(1, limit.toMillis()), t -> limitPassed());
    if (!probing) {
      probe(1);
    }
  }

  /** A connection or a call failed without an answer from Redis. */
  void failed(String error) {
    if (unavailable || closed) {
      return;
    }
    lastError = error;
    outages.increment();
    log.warn(
        "Redis at {} is unavailable: {}. Calls wait for it until their timeout.", address, error);
    start();
  }

  void answered() {
    if (!unavailable) {
      return;
    }
    unavailable = false;
    vertx.cancelTimer(limitTimer);
    log.info(
        "Redis at {} is available after {} ms", address, (System.nanoTime() - since) / 1_000_000);
    onRecovery.run();
  }

  void close() {
    closed = true;
    unavailable = true;
    vertx.cancelTimer(limitTimer);
  }

  private void probe(int attempt) {
    probing = true;
    probe
        .get()
        .onSuccess(
            answer -> {
              probing = false;
              answered();
            })
        .onFailure(failure -> probeFailed(failure, attempt));
  }

  private void probeFailed(Throwable failure, int attempt) {
    String error = RedisFailures.text(failure);
    if (lastError.isEmpty() && unavailable && !closed) {
      log.warn("Redis at {} can't be used yet: {}. Retrying.", address, error);
    }
    lastError = error;
    vertx.setTimer(
        PAUSE.pauseMs(attempt),
        t -> {
          probing = false;
          if (unavailable && !closed) {
            probe(attempt + 1);
          }
        });
  }

  private void limitPassed() {
    onLimit.accept(
        new StoreUnavailable(
            "Redis at "
                + address
                + " could not be reached for "
                + limit.toSeconds()
                + " s (redis.reconnect_limit); last error: "
                + lastError
                + ". Check redis.uri and that Redis runs."));
  }
}
