package io.ovation.packages.worker;

import io.micrometer.core.instrument.Timer;
import io.ovation.async.Futures;
import io.ovation.config.Config;
import io.ovation.packages.PackageHandler;
import io.ovation.packages.PackageJob;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A type's handler, bounded in concurrency and time. Used on the worker's context. */
public final class BoundedHandler {
  final TypeConcurrencyLimiter limiter;
  private final Context context;
  private final PackageHandler handler;
  private final Duration timeout;
  private final Timer time;

  public BoundedHandler(
      Context context, PackageHandler handler, Config.Packages config, Timer time) {
    this.context = context;
    this.handler = handler;
    int limit = Math.min(config.typeConcurrency(), config.concurrency());
    this.limiter = new TypeConcurrencyLimiter(context.owner(), limit, config.typeRoom());
    this.timeout = config.timeout();
    this.time = time;
  }

  /**
   * Completes on the context. After the timeout the attempt has failed, although the handler may
   * still be running: it can't be stopped.
   */
  Future<Void> run(PackageJob job) {
    long start = System.nanoTime();
    Promise<Void> outcome = Promise.promise();
    long timer =
        context.owner().setTimer(timeout.toMillis(), t -> outcome.tryFail(new TimedOut(timeout)));
    Futures.attempt(() -> handler.handle(job))
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

  /** A handler took longer than {@code packages.timeout}. */
  static final class TimedOut extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TimedOut(Duration timeout) {
      super("no outcome within " + timeout.toMillis() + " ms", null, false, false);
    }
  }
}
