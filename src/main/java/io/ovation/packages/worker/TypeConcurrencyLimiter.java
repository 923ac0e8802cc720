package io.ovation.packages.worker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Lets so many packages of one type be at work at a time. Others wait for their turn: some as long
 * as it takes, those behind them a moment only, so that a quick type's crowd stays in order, while
 * a slow type does not keep all of the worker's places from the others. One thread.
 */
final class TypeConcurrencyLimiter {
  /** So long a place may be kept from other types. */
  private static final long PATIENCE_MS = 200;

  private final Vertx vertx;
  private final int limit;
  private final int room;
  private final Deque<Promise<Boolean>> waiting = new ArrayDeque<>();
  private int inside;

  /**
   * @param limit at work at a time
   * @param room how many may wait as long as it takes
   */
  TypeConcurrencyLimiter(Vertx vertx, int limit, int room) {
    this.vertx = vertx;
    this.limit = limit;
    this.room = room;
  }

  /**
   * Completes with true when it is the caller's turn, who must then {@link #leave}; with false when
   * it took too long.
   */
  Future<Boolean> enter() {
    if (inside < limit) {
      inside++;
      return Future.succeededFuture(true);
    }
    Promise<Boolean> turn = Promise.promise();
    waiting.add(turn);
    if (waiting.size() > room) {
      long timer = vertx.setTimer(PATIENCE_MS, t -> tired(turn));
      turn.future().onComplete(done -> vertx.cancelTimer(timer));
    }
    return turn.future();
  }

  private void tired(Promise<Boolean> turn) {
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
