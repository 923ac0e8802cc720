package io.ovation.liveness;

import io.micrometer.core.instrument.Counter;
import io.ovation.async.Futures;
import io.ovation.config.Config;
import io.ovation.http.limits.AdmissionControl;
import io.ovation.http.problem.Problem;
import io.ovation.metrics.Metrics;
import io.ovation.queue.BrokerUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
  private static final String NO_ORIGIN =
      "nobody would check these objects: this node is alone, and liveness.origin is not set."
          + " Set it (OVATION_LIVENESS_ORIGIN) and start the node again";
  private static final String BUSY =
      "this node has as many ids waiting for the queue as it takes, %2$d (liveness.in_flight), or"
          + " less than %3$d below it; none of this callback was taken: retry in %1$d s";
  private static final String UNCONFIRMED =
      "the queue did not confirm every id in time; nothing is promised, though some may be"
          + " checked. Retry in %d s: an object that is checked twice does no harm";

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
    int limit = config.inFlight();
    String what = "ids of callbacks";
    this.admission =
        new AdmissionControl(metrics, "ovation.liveness", what, limit, BUSY_RETRY_SECONDS);
    this.accepted = metrics.counter("ovation.liveness.accepted", what + " durably enqueued");
  }

  /**
   * Completes when every object's item is durable. Fails with {@code ProblemException}: 429, when
   * no item was enqueued; 503, when some may have been.
   */
  Future<Void> accept(Set<Long> objects) {
    int count = objects.size();
    if (neverChecked) {
      return admission.refuse(Problem.unavailable(NO_ORIGIN, NO_ORIGIN_RETRY_SECONDS).exception());
    }
    if (!admission.inFlight().take(count)) {
      return admission.refuse(admission.busy(BUSY, count));
    }
    long start = System.nanoTime();
    return allDurable(objects)
        .transform(
            done -> {
              if (done.failed()) {
                return admission.refuse(
                    AdmissionControl.explained(done.cause(), UNCONFIRMED, count));
              }
              accepted.increment(count);
              admission.durable(start);
              return Future.succeededFuture();
            });
  }

  private Future<Void> allDurable(Set<Long> objects) {
    List<Future<Object>> confirms = new ArrayList<>();
    for (long object : objects) {
      // An item keeps its place until it is settled, also when the caller has given up.
      confirms.add(
          Futures.<Object>attempt(() -> enqueue.apply(object).mapEmpty())
              .onComplete(done -> admission.inFlight().giveBack()));
    }
    Promise<Void> all = Promise.promise();
    BrokerUnavailable late = new BrokerUnavailable("no confirm in " + PATIENCE);
    long timer = vertx.setTimer(PATIENCE.toMillis(), t -> all.tryFail(late));
    Future.all(confirms).onComplete(v -> all.tryComplete(), all::tryFail);
    return all.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  AdmissionControl admission() {
    return admission;
  }
}
