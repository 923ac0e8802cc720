package io.ovation.deliver;

import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.lifecycle.ConnectionList;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.problem.Problem;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.StreamSubscriptions.Watching;
import io.ovation.stage.ViewerShard;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tells the desk, in batches, which of a shard's users watch what, so that a user watches one
 * stream at a time; and ends those who don't. Nothing is said while a viewer stays where it is. On
 * the shard's loop.
 */
final class ShardWatchReporter {
  /** Told at once; also how many are told again per tick. */
  private static final int BATCH = 1_000;

  private final boolean on;
  private final StreamSubscriptions subscriptions;
  private final ViewerShard shard;
  private final ConnectionList connections;
  private final AtomicLong numbers;
  private List<Watching> changes = new ArrayList<>();

  /** Connections below this place are to be told again. */
  private int again;

  /**
   * @param on false to let a user watch any number of streams
   * @param numbers the node's, so that no two watches share one
   */
  ShardWatchReporter(
      boolean on,
      StreamSubscriptions subscriptions,
      ViewerShard shard,
      ConnectionList connections,
      AtomicLong numbers) {
    this.on = on;
    this.subscriptions = subscriptions;
    this.shard = shard;
    this.connections = connections;
    this.numbers = numbers;
  }

  /** A viewer begins to watch a stream; nothing happens if it is the one that it watches. */
  void began(Viewer viewer, String user, String stream) {
    StreamRoom room = viewer.room;
    boolean same = room != null && room.stream.equals(stream) && viewer.user.equals(user);
    if (!on || (same && viewer.watch != 0)) {
      return;
    }
    ended(viewer);
    viewer.watch = numbers.incrementAndGet();
    viewer.watchBegan = System.nanoTime();
    add(new Watching(viewer.watch, user, stream, viewer.watchBegan));
  }

  void ended(Viewer viewer) {
    if (viewer.watch != 0) {
      add(new Watching(viewer.watch, viewer.user, null, viewer.watchBegan));
      viewer.watch = 0;
    }
  }

  private void add(Watching change) {
    changes.add(change);
    if (changes.size() >= BATCH) {
      tell();
    }
  }

  void tick() {
    // From the end: who takes the place of one that left has been told, and who is new sits behind.
    again = Math.min(again, connections.size());
    for (int n = 0; n < BATCH && again > 0; n++) {
      tellAgain(connections.get(--again));
    }
    tell();
  }

  private void tellAgain(Viewer viewer) {
    StreamRoom room = viewer.room;
    if (viewer.watch != 0 && room != null) {
      changes.add(new Watching(viewer.watch, viewer.user, room.stream, viewer.watchBegan));
    }
  }

  private void tell() {
    if (!changes.isEmpty()) {
      List<Watching> now = changes;
      changes = new ArrayList<>();
      subscriptions.watching(shard, now);
    }
  }

  void again() {
    again = connections.size();
  }

  /** One look at each connection per batch of those who went elsewhere; that is rare. */
  void elsewhere(Set<Long> watchReporter, Refusal refusal) {
    for (int i = connections.size() - 1; i >= 0; i--) {
      Viewer viewer = connections.get(i);
      if (viewer.watch != 0 && watchReporter.contains(viewer.watch) && !viewer.ending()) {
        refusal.refuse(viewer, problem(), null);
        viewer.end(CloseCode.ELSEWHERE);
      }
    }
  }

  /** How a viewer is told why. */
  interface Refusal {
    void refuse(Viewer viewer, Problem problem, @Nullable String id);
  }

  private static Problem problem() {
    return new Problem(
        409,
        "elsewhere",
        "user",
        "user: watches another stream on another connection now, and one at a time is allowed;"
            + " this connection ends. Don't come back unless the user does",
        0);
  }
}
