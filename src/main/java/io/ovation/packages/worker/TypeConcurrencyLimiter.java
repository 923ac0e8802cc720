package io.ovation.packages.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Limits how many packages of one type are processed at a time. Up to {@code room} others wait
 * without a limit, so that a fast type stays in order; any further one waits briefly, so that a
 * slow type does not take all of the worker's places. One thread.
 */
final class TypeConcurrencyLimiter {
  /** How long a package beyond the waiting room keeps its place from other types. */
  private static final long PATIENCE_MS = 200;

  private final Vertx vertx;
  private final int limit;
  private final int room;
  private final Deque<Promise<Boolean>> waiting = new ArrayDeque<>();
  private int inside;

  /**
   * @param limit processed at a time
   * @param room how many may wait without a limit
   */
  TypeConcurrencyLimiter(Vertx vertx, int limit, int room) {
    this.vertx = vertx;
    this.limit = limit;
    this.room = room;
  }

  /**
   * Completes with true when a place is free, and the caller must {@link #leave} it later; with
   * false when none became free in time.
   */
  Future<Boolean> enter() {
    if (inside < limit) {
      inside++;
      return Future.succeededFuture(true);
    }
    Promise<Boolean> turn = Promise.promise();
    waiting.add(turn);
    if (waiting.size() > room) {
      long timer = vertx.setTimer(PATIENCE_MS, t -> giveWay(turn));
      turn.future().onComplete(done -> vertx.cancelTimer(timer));
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
}
