package io.ovation.queue;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Backoff;
import io.ovation.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes events at least once: each is sent again until it is confirmed, for a limited time. One
 * that is not confirmed by then is lost, and so are those after it that fail, until one is
 * confirmed again. Any thread; futures complete on the caller's context.
 */
public final class EventPublisher {
  private static final Logger log = LoggerFactory.getLogger(EventPublisher.class);

  /** Events that wait for a confirm; further ones are lost. */
  static final int MAX_WAITING = 20_000;

  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(1), 0.2);

  private final Vertx vertx;
  private final @Nullable Target target;
  private final long limitNanos;
  private final LongSupplier nanoTime;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Counter confirmed;
  private final Counter retries;
  private final Counter lost;

  /** Whether the target has failed for longer than the limit. */
  private volatile boolean away;

  /** Where events go. */
  @FunctionalInterface
  public interface Target {
    /**
     * @return completes once the event is confirmed, on the caller's context
     */
    Future<Void> publish(String key, String id, byte[] json);
  }

  /** One event that is not confirmed yet. */
  private record Waiting(String key, String id, byte[] json, long since, Promise<Void> done) {}

  /**
   * @param target null for none
   * @param limit for which an event is sent again
   */
  public EventPublisher(
      Vertx vertx,
      @Nullable Target target,
      Duration limit,
      LongSupplier nanoTime,
      Metrics metrics) {
    this.vertx = vertx;
    this.target = target;
    this.limitNanos = limit.toNanos();
    this.nanoTime = nanoTime;
    this.confirmed = metrics.counter("ovation.publish.confirmed", "Events published");
    this.retries = metrics.counter("ovation.publish.retries", "Events that were sent again");
    this.lost = metrics.counter("ovation.publish.lost", "Events that were given up");
    String help = "Events that wait for a confirm";
    metrics.gauge("ovation.publish.waiting", help, waiting, AtomicInteger::get);
  }

  /** Whether there is anything to publish to. */
  public boolean used() {
    return target != null;
  }

  /**
   * @param id by which receivers recognize an event that arrives twice
   * @return completes once the event is confirmed, or given up; never fails
   */
  public Future<Void> publish(String key, String id, byte[] json) {
    Target to = target;
    if (to == null) {
      return Future.succeededFuture();
    }
    if (waiting.incrementAndGet() > MAX_WAITING) {
      waiting.decrementAndGet();
      lost.increment();
      return Future.succeededFuture();
    }
    Promise<Void> done = Promise.promise();
    if (away) {
      done.complete(); // Nobody waits; it is tried once.
    }
    send(to, new Waiting(key, id, json, nanoTime.getAsLong(), done), 1);
    return done.future();
  }

  private void send(Target to, Waiting event, int attempt) {
    to.publish(event.key, event.id, event.json)
        .onComplete(
            v -> {
              if (away) {
                log.info("events are published again");
                away = false;
              }
              confirmed.increment();
              finish(event);
            },
            failure -> failed(to, event, attempt, failure));
  }

  private void failed(Target to, Waiting event, int attempt, Throwable failure) {
    if (away || nanoTime.getAsLong() - event.since >= limitNanos) {
      lost.increment();
      if (!away) {
        away = true;
        log.error(
            "no event could be published for {} s; events are lost until one is confirmed (last"
                + " error: {})",
            limitNanos / 1_000_000_000,
            failure.getMessage());
      }
      finish(event);
      return;
    }
    retries.increment();
    vertx.setTimer(BACKOFF.pauseMs(attempt), t -> send(to, event, attempt + 1));
  }

  private void finish(Waiting event) {
    waiting.decrementAndGet();
    event.done.tryComplete();
  }
}
