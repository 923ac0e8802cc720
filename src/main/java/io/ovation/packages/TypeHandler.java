package io.ovation.packages;

import io.micrometer.core.instrument.Timer;
import io.ovation.async.Futures;
import io.ovation.config.Config;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A type's handler, bounded in concurrency and time. Up to {@code packages.typeRoom} packages wait
 * for a place without a limit, so that a fast type stays in order; any further one waits briefly,
 * so that a slow type does not take all of the worker's places. Used on the worker's context.
 */
final class TypeHandler {
  /** How long a package beyond the waiting room keeps its place from other types. */
  private static final long PATIENCE_MS = 200;

  private final Context context;
  private final PackageHandler handler;
  private final Config.Packages config;
  private final Timer time;
  private final Deque<Promise<Boolean>> waiting = new ArrayDeque<>();
  private final Set<Promise<Void>> running = new HashSet<>();
  private int inside;

  TypeHandler(Context context, PackageHandler handler, Config.Packages config, Timer time) {
    this.context = context;
    this.handler = handler;
    this.config = config;
    this.time = time;
  }

  /**
   * Completes with true when a place is free, and the caller must {@link #leave} it later; with
   * false when none became free in time.
   */
  Future<Boolean> enter() {
    if (inside < config.typeLimit()) {
      inside++;
      return Future.succeededFuture(true);
    }
    Promise<Boolean> turn = Promise.promise();
    waiting.add(turn);
    if (waiting.size() > config.typeRoom()) {
      long timer = context.owner().setTimer(PATIENCE_MS, t -> giveWay(turn));
      turn.future().onComplete(done -> context.owner().cancelTimer(timer));
    }
    return turn.future();
  }

  private void giveWay(Promise<Boolean> turn) {
    if (waiting.remove(turn)) {
      turn.complete(false);
    }
  }

  void leave() {
    Promise<Boolean> next = waiting.poll();
    if (next == null) {
      inside--;
    } else {
      next.complete(true);
    }
  }

  /**
   * Completes on the context. After the timeout the attempt has failed, although the handler may
   * still be running: it can't be stopped.
   */
  Future<Void> run(PackageJob job) {
    long start = System.nanoTime();
    Promise<Void> outcome = Promise.promise();
    long ms = config.timeout().toMillis();
    long timer =
        context.owner().setTimer(ms, t -> outcome.tryFail("no outcome within " + ms + " ms"));
    running.add(outcome);
    Futures.attempt(() -> handler.handle(job))
        .onComplete(
            v -> context.runOnContext(done -> outcome.tryComplete()),
            cause -> context.runOnContext(done -> outcome.tryFail(cause)));
    return outcome
        .future()
        .onComplete(
            done -> {
              running.remove(outcome);
              context.owner().cancelTimer(timer);
              time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            });
  }

  /** Ends every attempt with {@code cause}, although its handler may still be running. */
  void abandon(Throwable cause) {
    List.copyOf(running).forEach(outcome -> outcome.tryFail(cause));
  }
}
