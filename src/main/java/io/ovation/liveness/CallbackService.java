package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Futures;
import io.ovation.config.Config;
import io.ovation.http.AdmissionControl;
import io.ovation.http.problem.Problem;
import io.ovation.http.problem.ProblemException;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;

/**
 * Accepts callbacks: enqueues one item per object and waits for all confirms, briefly, since the
 * caller gives up after a second and never repeats. Uses neither the store nor the origin. Any
 * thread that has a Vert.x context; futures complete there.
 */
public final class CallbackService {
  /** Callers give up after 1 s; the rest is for the network and a busy machine. */
  private static final Duration PATIENCE = Duration.ofMillis(800);

  private static final int BUSY_RETRY_SECONDS = 5;
  private static final int NO_ORIGIN_RETRY_SECONDS = 60;

  private final Vertx vertx;
  private final LongFunction<Future<?>> enqueue;
  private final boolean neverChecked;
  private final AdmissionControl admission;
  private final Counter accepted;

  /**
   * @param enqueue completes when the object's item is durable
   * @param neverChecked whether no node will check the objects: this one is alone and has no origin
   */
  public CallbackService(
      Vertx vertx,
      LongFunction<Future<?>> enqueue,
      Config.Liveness config,
      boolean neverChecked,
      Metrics metrics) {
    this.vertx = vertx;
    this.enqueue = enqueue;
    this.neverChecked = neverChecked;
    this.admission =
        new AdmissionControl(metrics, "ovation.liveness", "ids of callbacks", config.inFlight());
    this.accepted =
        metrics.counter("ovation.liveness.accepted", "ids of callbacks durably enqueued");
  }

  /**
   * Completes when every object's item is durable. Fails with {@code ProblemException}: 429, when
   * no item was enqueued; 503, when some may have been.
   */
  Future<Void> accept(Set<Long> objects) {
    int count = objects.size();
    if (neverChecked) {
      return admission.refuse(noOrigin());
    }
    if (!admission.inFlight().take(count)) {
      return admission.refuse(busy(count));
    }
    long start = System.nanoTime();
    return allDurable(objects)
        .transform(
            done -> {
              if (done.failed()) {
                return admission.refuse(explained(done.cause()));
              }
              accepted.increment(count);
              admission.durable(start);
              return Future.succeededFuture();
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
      Futures.<Object>attempt(() -> enqueue.apply(object).mapEmpty())
          .onComplete(
              done -> {
                // An item keeps its place until it is settled, also when the caller has given up.
                admission.inFlight().giveBack();
                if (done.failed()) {
                  all.tryFail(done.cause());
                } else if (left.decrementAndGet() == 0) {
                  all.tryComplete();
                }
              });
    }
    return all.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  AdmissionControl admission() {
    return admission;
  }

  private ProblemException busy(int count) {
    return AdmissionControl.busy(
        BUSY_RETRY_SECONDS,
        seconds ->
            ("this node has as many ids waiting for the queue as it takes, %d (liveness.in_flight), or"
                    + " less than %d below it; none of this callback was taken: retry in %d s")
                .formatted(admission.inFlight().limit(), count, seconds));
  }

  private static ProblemException noOrigin() {
    return Problem.unavailable(
            "nobody would check these objects: this node is alone, and liveness.origin is not set."
                + " Set it (OVATION_LIVENESS_ORIGIN) and start the node again",
            NO_ORIGIN_RETRY_SECONDS)
        .exception();
  }

  private static Throwable explained(Throwable cause) {
    return AdmissionControl.explained(
        cause,
        seconds ->
            ("the queue did not confirm every id in time; nothing is promised, though some may be"
                    + " checked. Retry in %d s: an object that is checked twice does no harm")
                .formatted(seconds));
  }
}
