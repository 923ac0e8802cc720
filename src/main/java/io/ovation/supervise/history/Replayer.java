package io.ovation.supervise.history;

import io.ovation.stage.ViewerShard;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.Store;
import io.ovation.supervise.LiveStream;
import io.ovation.supervise.SupervisorMetrics;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds what returning viewers missed: from the stream's ring at once, else from history. However
 * many return, a stream's history is read by one reading at a time, for all who have come by then,
 * and the node has a bounded number of readings; the others wait in line.
 */
public final class Replayer {
  /** Readings at a time on a node: enough to keep a store busy, too few to drown it. */
  static final int READINGS = 16;

  /** Viewers answered in one turn. */
  private static final int ANSWERS = 200;

  /** A store that is a little slow has an event later than the viewers; it is asked so often. */
  static final int BEHIND = 10;

  static final long BEHIND_MS = 100;

  /**
   * How far a viewer may be ahead of this node, in microseconds: it was served by a node whose
   * batches came earlier. More is not believed.
   */
  private static final long AHEAD = 60_000_000;

  private final Vertx vertx;
  private final Context context;
  private final Store store;
  private final int limit;
  private final SupervisorMetrics meters;
  private final Map<LiveStream, List<HistoryRead.Return>> waiting = new LinkedHashMap<>();
  private final Set<LiveStream> beingRead = new HashSet<>();

  /** Viewers that wait for a reading or are in one; read by scrapes. */
  private volatile int inLine;

  /**
   * @param limit events that history keeps; some more may come while it is read
   */
  public Replayer(Vertx vertx, Context context, Store store, int limit, SupervisorMetrics meters) {
    this.vertx = vertx;
    this.context = context;
    this.store = store;
    this.limit = limit + GapFiller.PAGE;
    this.meters = meters;
  }

  public int inLine() {
    return inLine;
  }

  public void replay(LiveStream stream, long since, ViewerShard shard, Object viewer) {
    meters.replays.increment();
    long last = stream.last();
    if (since >= last) {
      long to = since - last > AHEAD ? last : since;
      shard.deliverReplay(viewer, new Replay(stream.name, null, List.of(), List.of(), to));
    } else if (stream.recentEvents.covers(since)) {
      shard.deliverReplay(
          viewer, new Replay(stream.name, null, stream.recentEvents.after(since), List.of(), last));
    } else {
      count(1);
      waiting
          .computeIfAbsent(stream, s -> new ArrayList<>())
          .add(new HistoryRead.Return(since, shard, viewer));
      next();
    }
  }

  private void count(int more) {
    inLine = inLine + more; // one writer
  }

  private void next() {
    Iterator<Map.Entry<LiveStream, List<HistoryRead.Return>>> line = waiting.entrySet().iterator();
    while (beingRead.size() < READINGS && line.hasNext()) {
      Map.Entry<LiveStream, List<HistoryRead.Return>> first = line.next();
      if (beingRead.add(first.getKey())) {
        line.remove();
        read(new HistoryRead(first.getKey(), first.getValue(), limit));
      }
    }
  }

  private void read(HistoryRead reading) {
    meters.replayReads.increment();
    LiveStream stream = reading.stream;
    store
        .history(stream.partition, stream.name, reading.at(), GapFiller.PAGE)
        .onSuccess(
            page -> {
              reading.take(page);
              if (reading.reachesRing()) {
                end(reading);
              } else if (page.more()) {
                read(reading);
              } else if (page.complete() && reading.behind() <= BEHIND) {
                vertx.setTimer(BEHIND_MS, t -> read(reading));
              } else {
                reading.skip(stream.recentEvents.start());
                end(reading);
              }
            })
        .onFailure(
            e -> {
              reading.skip(stream.last());
              end(reading);
            });
  }

  private void end(HistoryRead reading) {
    reading.end();
    beingRead.remove(reading.stream);
    meters.replaysShared.increment(reading.returns.size() - 1.0);
    reading.returns.sort(Comparator.comparingLong(HistoryRead.Return::since));
    answer(reading, 0);
    next();
  }

  /** Those who wait longer get what comes meanwhile after their answer. */
  private void answer(HistoryRead reading, int from) {
    int to = Math.min(reading.returns.size(), from + ANSWERS);
    for (HistoryRead.Return one : reading.returns.subList(from, to)) {
      one.shard().deliverReplay(one.viewer(), reading.answer(one.since()));
    }
    count(from - to);
    if (to < reading.returns.size()) {
      context.runOnContext(v -> answer(reading, to));
    }
  }
}
