package io.ovation.packages;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many packages of one type be at work at a time, and some more wait for their turn, so
 * that a slow type takes no more than that of the worker's places. One thread.
 */
final class Gate {
  private final int limit;
  private final int room;
  private final Deque<Promise<Void>> waiting = new ArrayDeque<>();
  private int inside;

  /**
   * @param limit at work at a time
   * @param room how many may wait
   */
  Gate(int limit, int room) {
    this.limit = limit;
    this.room = room;
  }

  /** Completes when it is the caller's turn, who must then {@link #leave}. Null: too many wait. */
  @Nullable Future<Void> enter() {
    if (inside < limit) {
      inside++;
      return Future.succeededFuture();
    }
    if (waiting.size() >= room) {
      return null;
    }
    Promise<Void> turn = Promise.promise();
    waiting.add(turn);
    return turn.future();
  }

  void leave() {
    Promise<Void> next = waiting.poll();
    if (next == null) {
      inside--;
    } else {
      next.complete();
    }
  }
}
