package io.ovation.store.redis;

import io.micrometer.core.instrument.Counter;
import io.ovation.config.Config;
import io.ovation.metrics.Metrics;
import io.ovation.store.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Redis is away, and the attempts to reach it: one probe at a time, 50 ms to 1 s apart with
 * jitter, until it answers or the limit has passed. Confined to the link's context.
 */
final class OutageMonitor {
  private static final Logger log = LoggerFactory.getLogger(OutageMonitor.class);
  private static final long FIRST_MS = 50;
  private static final long LAST_MS = 1_000;

  private final Vertx vertx;
  private final Duration limit;
  private final String where;
  private final Supplier<Future<?>> probe;
  private final Runnable onBack;
  private final Consumer<Throwable> onLimit;
  private final Counter outages;
  private volatile boolean away;
  private boolean probing;
  private boolean closed;
  private long since;
  private long limitTimer = -1;
  private String reason = "";

  /**
   * @param where host and port, for people
   * @param probe fails while Redis can't be used; may take as long as it likes
   * @param onLimit called once per outage that lasts longer than {@code reconnectLimit}
   */
  OutageMonitor(
      Vertx vertx,
      Config.Redis config,
      Metrics metrics,
      String where,
      Supplier<Future<?>> probe,
      Runnable onBack,
      Consumer<Throwable> onLimit) {
    this.vertx = vertx;
    this.limit = config.reconnectLimit();
    this.where = where;
    this.probe = probe;
    this.onBack = onBack;
    this.onLimit = onLimit;
    this.outages = metrics.counter("ovation.store.outages", "Times Redis went away");
    metrics.gauge("ovation.store.away", "1 while Redis does not answer", this, o -> o.away ? 1 : 0);
  }

  /** Any thread. */
  boolean away() {
    return away;
  }

  /** Redis was not reached yet. */
  void start() {
    away = true;
    since = System.nanoTime();
    limitTimer = vertx.setTimer(Math.max(1, limit.toMillis()), t -> tooLong());
    if (!probing) {
      probe(FIRST_MS);
    }
  }

  /** Redis was lost. */
  void begin(String why) {
    if (away || closed) {
      return;
    }
    reason = why;
    outages.increment();
    log.warn("Redis at {} is away: {}. Calls wait for it, each until its timeout.", where, why);
    start();
  }

  /** Redis answered something. */
  void end() {
    if (!away) {
      return;
    }
    away = false;
    vertx.cancelTimer(limitTimer);
    log.info("Redis at {} answers, after {} ms", where, (System.nanoTime() - since) / 1_000_000);
    onBack.run();
  }

  void close() {
    closed = true;
    away = true;
    vertx.cancelTimer(limitTimer);
  }

  private void probe(long delay) {
    probing = true;
    probe
        .get()
        .onSuccess(
            answer -> {
              probing = false;
              end();
            })
        .onFailure(failure -> again(failure, delay));
  }

  private void again(Throwable failure, long delay) {
    if (!away || closed) {
      probing = false;
      return;
    }
    String why = RedisFailures.text(failure);
    if (reason.isEmpty()) {
      log.warn("Redis at {} can't be used yet: {}. Trying on.", where, why);
    }
    reason = why;
    long jittered = ThreadLocalRandom.current().nextLong(delay / 2, delay + 1);
    vertx.setTimer(jittered, t -> retry(Math.min(delay * 2, LAST_MS)));
  }

  private void retry(long delay) {
    probing = false;
    if (away && !closed) {
      probe(delay);
    }
  }

  private void tooLong() {
    onLimit.accept(
        new StoreUnavailable(
            "Redis at "
                + where
                + " could not be reached for "
                + limit.toSeconds()
                + " s (redis.reconnect_limit); last failure: "
                + reason
                + ". Check redis.uri and that Redis runs."));
  }
}
