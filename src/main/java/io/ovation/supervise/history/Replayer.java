package io.ovation.supervise.history;

import io.ovation.stage.ViewerShard;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.Store;
import io.ovation.supervise.LocalStream;
import io.ovation.supervise.SupervisorContext;
import io.ovation.supervise.SupervisorMetrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Replays what returning viewers missed: at once from the stream's recent events, else from
 * history. A stream's history is read by one read at a time, shared by all viewers that wait when
 * it begins. The number of concurrent reads of a node is bounded; further streams wait in line.
 */
public final class Replayer {
  /** Concurrent reads of a node: enough to keep a store busy, too few to overload it. */
  static final int READS = 16;

  /** Viewers answered in one turn of the event loop. */
  private static final int ANSWERS = 200;

  /** Retries for an event that the viewers have received and a slow store has not. */
  static final int BEHIND = 10;

  static final long BEHIND_MS = 100;

  /**
   * Microseconds by which a viewer's position may be ahead of this node's: another node, which
   * served the viewer before, may have received batches earlier. A higher position is not believed.
   */
  private static final long AHEAD = 60_000_000;

  private final SupervisorContext context;
  private final Store store;
  private final int limit;
  private final SupervisorMetrics meters;
  private final Map<LocalStream, List<HistoryRead.Request>> waiting = new LinkedHashMap<>();
  private final Set<LocalStream> beingRead = new HashSet<>();

  /** Viewers that wait for a read or are in one. Written by the context, read by scrapes. */
  private volatile int pending;

  /**
   * @param limit events that history keeps; up to a page more may arrive during a read
   */
  public Replayer(SupervisorContext context, Store store, int limit) {
    this.context = context;
    this.store = store;
    this.limit = limit + GapFiller.PAGE;
    this.meters = context.meters();
  }

  /** Any thread. */
  public int pending() {
    return pending;
  }

  public void replay(LocalStream stream, long since, ViewerShard shard, Object viewer) {
    meters.replays.increment();
    long last = stream.last();
    if (since >= last) {
      long to = since - last > AHEAD ? last : since;
      shard.deliverReplay(viewer, new Replay(stream.name, null, List.of(), List.of(), to));
    } else if (stream.recentEvents.covers(since)) {
      shard.deliverReplay(
          viewer, new Replay(stream.name, null, stream.recentEvents.after(since), List.of(), last));
    } else {
      addPending(1);
      waiting
          .computeIfAbsent(stream, s -> new ArrayList<>())
          .add(new HistoryRead.Request(since, shard, viewer));
      startReads();
    }
  }

  private void addPending(int viewers) {
    pending = pending + viewers;
  }

  private void startReads() {
    Iterator<Map.Entry<LocalStream, List<HistoryRead.Request>>> line =
        waiting.entrySet().iterator();
    while (beingRead.size() < READS && line.hasNext()) {
      Map.Entry<LocalStream, List<HistoryRead.Request>> first = line.next();
      if (beingRead.add(first.getKey())) {
        line.remove();
        readPage(new HistoryRead(first.getKey(), first.getValue(), limit));
      }
    }
  }

  private void readPage(HistoryRead read) {
    meters.replayReads.increment();
    LocalStream stream = read.stream;
    store
        .history(stream.partition, stream.name, read.at(), GapFiller.PAGE)
        .onSuccess(
            page -> {
              read.take(page);
              if (read.reachesRecentEvents()) {
                end(read);
              } else if (page.more()) {
                readPage(read);
              } else if (page.complete() && read.countBehind() <= BEHIND) {
                context.vertx().setTimer(BEHIND_MS, t -> readPage(read));
              } else {
                read.skip(stream.recentEvents.start());
                end(read);
              }
            })
        .onFailure(
            e -> {
              read.skip(stream.last());
              end(read);
            });
  }

  private void end(HistoryRead read) {
    read.end();
    beingRead.remove(read.stream);
    meters.replaysShared.increment(read.requests.size() - 1.0);
    // In order of position, so that viewers of one position share a list.
    read.requests.sort(Comparator.comparingLong(HistoryRead.Request::since));
    answer(read, 0);
    startReads();
  }

  /** A viewer that is answered in a later turn receives what is delivered meanwhile after that. */
  private void answer(HistoryRead read, int from) {
    int to = Math.min(read.requests.size(), from + ANSWERS);
    for (HistoryRead.Request request : read.requests.subList(from, to)) {
      request.shard().deliverReplay(request.viewer(), read.replay(request.since()));
    }
    addPending(from - to);
    if (to < read.requests.size()) {
      context.context().runOnContext(v -> answer(read, to));
    }
  }
}
