package io.ovation.deliver;

import io.ovation.deliver.fanout.DenseArray;
import io.ovation.deliver.fanout.StreamRoom;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.http.problem.Problem;
import io.ovation.stage.StreamSubscriptions;
import io.ovation.stage.StreamSubscriptions.WatchChange;
import io.ovation.stage.ViewerShard;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * Reports to the supervisor, in batches, which user of a shard watches which stream, so that a user
 * watches one stream at a time; and closes the connections of those who watch another one
 * elsewhere. Nothing is reported while a viewer stays where it is. On the shard's loop.
 */
final class ShardWatchReporter {
  /** Changes in one report; also the watches that are reported again per tick. */
  private static final int BATCH = 1_000;

  private static final Problem ELSEWHERE =
      new Problem(
          409,
          "elsewhere",
          "user",
          "user: watches another stream on another connection now, and one at a time is allowed;"
              + " this connection ends. Don't come back unless the user does",
          0);

  private final boolean enabled;
  private final StreamSubscriptions subscriptions;
  private final ViewerShard shard;
  private final DenseArray<Viewer> connections;
  private final AtomicLong numbers;
  private List<WatchChange> changes = new ArrayList<>();

  /** The watches of connections below this index are to be reported again. */
  private int resendBelow;

  /**
   * @param enabled false if a user may watch any number of streams
   * @param numbers shared by the node's shards, so that no two watches have one number
   */
  ShardWatchReporter(
      boolean enabled,
      StreamSubscriptions subscriptions,
      ViewerShard shard,
      DenseArray<Viewer> connections,
      AtomicLong numbers) {
    this.enabled = enabled;
    this.subscriptions = subscriptions;
    this.shard = shard;
    this.connections = connections;
    this.numbers = numbers;
  }

  /** A viewer begins to watch a stream; nothing is reported if it watches that one already. */
  void began(Viewer viewer, String user, String stream) {
    StreamRoom room = viewer.room;
    boolean same = room != null && room.stream.equals(stream) && viewer.user.equals(user);
    if (!enabled || (same && viewer.watch != 0)) {
      return;
    }
    ended(viewer);
    viewer.watch = numbers.incrementAndGet();
    viewer.watchBegan = System.nanoTime();
    add(new WatchChange(viewer.watch, user, stream, viewer.watchBegan));
  }

  void ended(Viewer viewer) {
    if (viewer.watch != 0) {
      add(new WatchChange(viewer.watch, viewer.user, null, viewer.watchBegan));
      viewer.watch = 0;
    }
  }

  private void add(WatchChange change) {
    changes.add(change);
    if (changes.size() >= BATCH) {
      report();
    }
  }

  void tick() {
    // From the end: the viewer that takes the place of one that left has been reported again
    // already, and new viewers have higher indexes.
    resendBelow = Math.min(resendBelow, connections.size());
    for (int n = 0; n < BATCH && resendBelow > 0; n++) {
      reportAgain(connections.get(--resendBelow));
    }
    report();
  }

  private void reportAgain(Viewer viewer) {
    StreamRoom room = viewer.room;
    if (viewer.watch != 0 && room != null) {
      changes.add(new WatchChange(viewer.watch, viewer.user, room.stream, viewer.watchBegan));
    }
  }

  private void report() {
    if (!changes.isEmpty()) {
      List<WatchChange> batch = changes;
      changes = new ArrayList<>();
      subscriptions.reportWatches(shard, batch);
    }
  }

  /** Reports all current watches again, spread over the next ticks. */
  void resend() {
    resendBelow = connections.size();
  }

  /** Closes the connections with these watches. Rare, so that all connections may be searched. */
  void end(Set<Long> watches, BiConsumer<Viewer, Problem> refusal) {
    for (int i = connections.size() - 1; i >= 0; i--) {
      Viewer viewer = connections.get(i);
      if (viewer.watch != 0 && watches.contains(viewer.watch) && !viewer.isClosing()) {
        refusal.accept(viewer, ELSEWHERE);
        viewer.close(CloseCode.ELSEWHERE);
      }
    }
  }
}
