package io.ovation.store.redis;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Backoff;
import io.ovation.config.Config;
import io.ovation.config.ConfigException;
import io.ovation.metrics.Metrics;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks outages of Redis: it is not reached, does not answer in time, or refuses whatever is
 * written. During one it probes, one probe at a time, until Redis takes a write, also after {@code
 * redis.reconnect_limit} has passed. Confined to the executor's context.
 */
final class RedisOutageMonitor {
  private static final Logger log = LoggerFactory.getLogger(RedisOutageMonitor.class);

  /** Short enough that a node has what changed within a second after Redis is back. */
  private static final Backoff PAUSE =
      new Backoff(Duration.ofMillis(40), 2, Duration.ofMillis(300), 0.3);

  /** An outage of the same cause that begins sooner is the same one, and is probed as slowly. */
  private static final long STABLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Vertx vertx;
  private final Duration limit;
  private final Supplier<String> address;
  private final Supplier<Future<?>> probe;
  private final Runnable onRecovery;
  private final Consumer<Throwable> onLimit;
  private final Consumer<Throwable> onRefusal;
  private final Counter outages;
  private volatile boolean unavailable;
  private volatile String cause = "";
  private boolean probing;
  private boolean closed;
  private int attempts;

  /** The outage has gone on after a moment in which a probe succeeded. */
  private boolean again;

  private long since;
  private long availableSince;
  private long limitTimer = -1;

  /**
   * @param address host and port, for logs
   * @param probe fails while Redis can't be used; may take any time
   * @param onLimit called once per outage that lasts longer than {@code reconnectLimit}
   * @param onRefusal called with a {@link ConfigException} when a probe fails for a reason that no
   *     waiting ends
   */
  RedisOutageMonitor(
      Vertx vertx,
      Config.Redis config,
      Metrics metrics,
      Supplier<String> address,
      Supplier<Future<?>> probe,
      Runnable onRecovery,
      Consumer<Throwable> onLimit,
      Consumer<Throwable> onRefusal) {
    this.vertx = vertx;
    this.limit = config.reconnectLimit();
    this.address = address;
    this.probe = probe;
    this.onRecovery = onRecovery;
    this.onLimit = onLimit;
    this.onRefusal = onRefusal;
    this.outages = metrics.counter("ovation.store.outages", "Outages of Redis that began");
    metrics.gauge(
        "ovation.store.away", "1 while Redis can't be used", this, o -> o.unavailable ? 1 : 0);
  }

  boolean unavailable() {
    return unavailable;
  }

  /** Why Redis is unavailable; empty if it is not known yet. */
  String cause() {
    return cause;
  }

  /** Begins as if in an outage, since Redis was not reached yet. */
  void start() {
    unavailable = true;
    since = System.nanoTime();
    limitTimer = vertx.setTimer(Math.max(1, limit.toMillis()), t -> limitPassed());
    if (!probing) {
      probeAfterPause();
    }
  }

  /** A connection or a call failed for a reason that fails others too. */
  void failed(String error) {
    if (unavailable || closed) {
      return;
    }
    again = System.nanoTime() - availableSince < STABLE_NANOS && error.equals(cause);
    if (!again) {
      attempts = 0;
      outages.increment();
      log.warn(
          "Redis at {} is unavailable: {}. Calls wait for it until their timeout.",
          address.get(),
          error);
    }
    cause = error;
    start();
  }

  void close() {
    closed = true;
    unavailable = true;
    vertx.cancelTimer(limitTimer);
  }

  private void probeAfterPause() {
    probing = true;
    if (attempts++ == 0) {
      probe();
    } else {
      vertx.setTimer(PAUSE.pauseMs(attempts - 1), t -> probe());
    }
  }

  private void probe() {
    if (closed) {
      return;
    }
    // Compose turns an exception into a failed future, so that probing goes on after it.
    Future.succeededFuture()
        .compose(v -> probe.get().mapEmpty())
        .onComplete(
            (answer, failure) -> {
              probing = false;
              if (closed) {
                return;
              }
              if (failure == null) {
                available();
              } else {
                probeFailed(failure);
              }
            });
  }

  private void available() {
    unavailable = false;
    availableSince = System.nanoTime();
    vertx.cancelTimer(limitTimer);
    if (!again) {
      long ms = TimeUnit.NANOSECONDS.toMillis(availableSince - since);
      log.info("Redis at {} is available after {} ms", address.get(), ms);
    }
    onRecovery.run();
  }

  private void probeFailed(Throwable failure) {
    String error = RedisFailures.cause(failure);
    if (cause.isEmpty()) {
      log.warn("Redis at {} can't be used yet: {}. Retrying.", address.get(), error);
    }
    cause = error;
    if (RedisFailures.isFinal(failure)) {
      String text = "Redis at " + address.get() + " can't be used: " + error;
      onRefusal.accept(new ConfigException(text + "."));
    }
    probeAfterPause();
  }

  private void limitPassed() {
    onLimit.accept(
        new StoreUnavailable(
            "Redis at "
                + address.get()
                + " could not be reached for "
                + limit.toSeconds()
                + " s (redis.reconnect_limit); last error: "
                + cause
                + ". Check redis.uri and that Redis runs."));
  }
}
