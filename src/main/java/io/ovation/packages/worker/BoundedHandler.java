package io.ovation.packages.worker;

import io.micrometer.core.instrument.Timer;
import io.ovation.config.Config;
import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageJob;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A type's handler within its bounds. Used on the worker's context. */
public final class BoundedHandler {
  final TypeConcurrencyLimiter gate;
  private final Context context;
  private final PackageHandler handler;
  private final Duration timeout;
  private final Timer time;

  public BoundedHandler(
      Context context, PackageHandler handler, Config.Packages config, Timer time) {
    this.context = context;
    this.handler = handler;
    int limit = Math.min(config.typeConcurrency(), config.concurrency());
    this.gate = new TypeConcurrencyLimiter(context.owner(), limit, config.typeRoom());
    this.timeout = config.timeout();
    this.time = time;
  }

  /**
   * Completes on the context. After the timeout the attempt has failed, though the handler may
   * still be at it: nothing can stop it.
   */
  Future<Void> run(PackageJob job) {
    long start = System.nanoTime();
    Promise<Void> outcome = Promise.promise();
    long timer =
        context.owner().setTimer(timeout.toMillis(), t -> outcome.tryFail(new TimedOut(timeout)));
    begin(job)
        .onComplete(
            done ->
                context.runOnContext(
                    v -> {
                      context.owner().cancelTimer(timer);
                      if (done.succeeded()) {
                        outcome.tryComplete();
                      } else {
                        outcome.tryFail(done.cause());
                      }
                    }));
    return outcome
        .future()
        .onComplete(done -> time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS));
  }

  private Future<Void> begin(PackageJob job) {
    try {
      return handler.handle(job);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /** A handler took longer than {@code packages.timeout}. */
  static final class TimedOut extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TimedOut(Duration timeout) {
      super("no outcome within " + timeout.toMillis() + " ms", null, false, false);
    }
  }
}
