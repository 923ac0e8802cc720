package io.ovation.liveness;

import io.ovation.config.Config;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.queue.BrokerUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The way in for callbacks: one item per object, and one wait for all their confirms, which is
 * short, for the caller gives up after a second and never repeats. Neither the store nor the origin
 * has a part in it. Any thread that has a Vert.x context; the answer comes there.
 */
public final class CallbackService {
  /** Callers give up after 1 s; the rest is for the network and a busy machine. */
  private static final Duration PATIENCE = Duration.ofMillis(800);

  /** Those who are refused together should not come back together. Seconds. */
  private static final int RETRY_MAX = 5;

  private static final int NOBODY_RETRY = 60;

  private final Vertx vertx;
  private final LongFunction<Future<?>> enqueue;
  private final int limit;
  private final boolean nobody;
  private final CallbackMetrics meters;
  private final AtomicInteger inFlight = new AtomicInteger();

  /**
   * @param enqueue completes when the object's item is durable
   * @param nobody will ever check: the node is alone and has no origin
   */
  public CallbackService(
      Vertx vertx,
      LongFunction<Future<?>> enqueue,
      Config.Liveness config,
      boolean nobody,
      CallbackMetrics meters) {
    this.vertx = vertx;
    this.enqueue = enqueue;
    this.limit = config.inFlight();
    this.nobody = nobody;
    this.meters = meters;
    meters.watch(inFlight);
  }

  /**
   * Completes when every object's item is durable. Fails with {@code ProblemException}: 429, when
   * nothing was taken; 503, when any part of it may have been.
   */
  Future<Void> accept(Set<Long> objects) {
    int count = objects.size();
    if (nobody) {
      return refuse(noOrigin());
    }
    if (inFlight.addAndGet(count) > limit) {
      inFlight.addAndGet(-count);
      return refuse(busy(count));
    }
    long start = System.nanoTime();
    return allDurable(objects)
        .transform(
            done -> {
              if (done.succeeded()) {
                meters.accepted(count, System.nanoTime() - start);
                return Future.succeededFuture();
              }
              return refuse(explained(done.cause()));
            });
  }

  private Future<Void> allDurable(Set<Long> objects) {
    Promise<Void> all = Promise.promise();
    if (objects.isEmpty()) {
      all.complete();
      return all.future();
    }
    long timer =
        vertx.setTimer(
            PATIENCE.toMillis(),
            t -> all.tryFail(new BrokerUnavailable("no confirm in " + PATIENCE)));
    AtomicInteger left = new AtomicInteger(objects.size());
    for (long object : objects) {
      enqueued(object)
          .onComplete(
              done -> {
                // Its place is taken until it is settled, whoever waits for it.
                inFlight.decrementAndGet();
                if (done.failed()) {
                  all.tryFail(done.cause());
                } else if (left.decrementAndGet() == 0) {
                  all.tryComplete();
                }
              });
    }
    return all.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  private Future<?> enqueued(long object) {
    try {
      return enqueue.apply(object);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  CallbackMetrics meters() {
    return meters;
  }

  private Future<Void> refuse(Problem problem) {
    return refuse(problem.exception());
  }

  private Future<Void> refuse(Throwable cause) {
    if (cause instanceof ProblemException refusal) {
      meters.refused(refusal.problem());
    }
    return Future.failedFuture(cause);
  }

  private Problem busy(int count) {
    int seconds = retrySeconds();
    return Problem.busy(
        ("this node has as many ids waiting for the queue as it takes, %d (liveness.in_flight), or"
                + " less than %d below it; none of this callback was taken: retry in %d s")
            .formatted(limit, count, seconds),
        seconds);
  }

  private static Problem noOrigin() {
    return Problem.unavailable(
        "nobody would check these objects: this node is alone, and liveness.origin is not set. Set"
            + " it (OVATION_LIVENESS_ORIGIN) and start the node again",
        NOBODY_RETRY);
  }

  private static Throwable explained(@Nullable Throwable cause) {
    if (!(cause instanceof BrokerUnavailable)
        && !(cause instanceof io.ovation.disk.DiskUnavailable)) {
      return cause == null ? new IllegalStateException("failed without a cause") : cause;
    }
    int seconds = retrySeconds();
    return Problem.unavailable(
            ("the queue did not confirm every id in time; nothing is promised, though some may be"
                    + " checked. Retry in %d s: an object that is checked twice does no harm")
                .formatted(seconds),
            seconds)
        .exception();
  }

  private static int retrySeconds() {
    return ThreadLocalRandom.current().nextInt(1, RETRY_MAX + 1);
  }
}
