package io.ovation.supervise;

import io.ovation.bus.Events;
import io.ovation.bus.Shard;
import io.ovation.bus.Shard.Gap;
import io.ovation.bus.Shard.Replay;
import io.ovation.bus.proto.Event;
import io.ovation.store.Store;
import io.ovation.store.Store.Kept;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what a returning viewer missed: from the node's ring, else from history and the ring. */
final class Replayer {
  /**
   * How far a viewer may be ahead of this node, in microseconds: it was served by a node whose
   * batches came earlier. More is not believed.
   */
  private static final long AHEAD = 60_000_000;

  private final Store store;
  private final int limit;
  private final Meters meters;

  /**
   * @param limit events replayed at most; who missed more gets a gap and the newest
   */
  Replayer(Store store, int limit, Meters meters) {
    this.store = store;
    this.limit = limit;
    this.meters = meters;
  }

  void replay(LiveStream stream, long since, Shard shard, Object viewer) {
    meters.replays.increment();
    long last = stream.last();
    if (since >= last) {
      long to = since - last > AHEAD ? last : since;
      shard.replayed(viewer, new Replay(stream.name, null, List.of(), to));
    } else if (stream.ring.covers(since)) {
      finish(stream, null, List.of(), since, shard, viewer);
    } else {
      read(stream, new Missed(since), shard, viewer);
    }
  }

  /** What has been read so far. */
  private static final class Missed {
    final long since;
    long at;
    @Nullable Gap gap;
    final List<Event> events = new ArrayList<>();

    Missed(long since) {
      this.since = since;
      this.at = since;
    }

    /** Everything up to {@code to} counts as lost. */
    void lost(long to) {
      gap = new Gap(since + 1, to);
      at = Math.max(at, to);
      events.clear();
    }
  }

  private void read(LiveStream stream, Missed missed, Shard shard, Object viewer) {
    store
        .history(stream.partition, stream.name, missed.at, Filler.PAGE)
        .onSuccess(
            history -> {
              if (!history.complete() && !history.entries().isEmpty()) {
                missed.lost(history.entries().get(0).from() - 1);
              }
              history.entries().forEach(kept -> take(missed, kept));
              if (missed.events.size() > limit) {
                missed.lost(missed.events.get(missed.events.size() - 1).getOffset());
              }
              if (history.more()) {
                read(stream, missed, shard, viewer);
              } else {
                joinRing(stream, missed, shard, viewer);
              }
            })
        .onFailure(
            e -> {
              missed.lost(stream.last());
              finish(stream, missed.gap, List.of(), stream.last(), shard, viewer);
            });
  }

  private static void take(Missed missed, Kept kept) {
    if (kept.hole()) {
      missed.lost(kept.offset());
    } else {
      missed.events.add(Events.event(kept.user(), kept.id(), kept.body(), kept.offset()));
      missed.at = kept.offset();
    }
  }

  /** History is behind the ring by what is under way, or has lost what was before the ring. */
  private void joinRing(LiveStream stream, Missed missed, Shard shard, Object viewer) {
    if (!stream.ring.covers(missed.at)) {
      missed.lost(stream.ring.start());
    }
    finish(stream, missed.gap, missed.events, missed.at, shard, viewer);
  }

  private void finish(
      LiveStream stream,
      @Nullable Gap gap,
      List<Event> history,
      long at,
      Shard shard,
      Object viewer) {
    List<Event> events = new ArrayList<>(history);
    events.addAll(stream.ring.after(at));
    shard.replayed(viewer, new Replay(stream.name, gap, events, Math.max(at, stream.last())));
  }
}
