package io.ovation.supervise.history;

import io.ovation.stage.ViewerShard;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.RecentCommentsReader;
import io.ovation.store.Store;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LocalStream;
import io.ovation.supervise.SupervisorContext;
import io.ovation.supervise.SupervisorMetrics;
import io.ovation.wire.Addresses;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Register;
import io.ovation.wire.proto.Registered;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  /** How often a read that failed is repeated before viewers receive a gap. */
  static final int RETRIES = 2;

  static final long RETRY_MS = 250;

  /**
   * A viewer's position may be ahead of this node's: another node, which served the viewer before,
   * may have received batches earlier. If the owner does not say whether the stream is that far, a
   * position is believed if it is ahead by less than this, in microseconds.
   */
  private static final long AHEAD = 60_000_000;

  private static final long OWNER_MS = 1_000;

  private final SupervisorContext context;
  private final Store store;
  private final int limit;
  private final SupervisorMetrics meters;
  private final Map<LocalStream, List<SharedHistoryRead.Request>> waiting = new LinkedHashMap<>();
  private final Set<LocalStream> beingRead = new HashSet<>();

  /** Viewers that are ahead of this node, until the stream's owner is asked. */
  private final Map<LocalStream, List<SharedHistoryRead.Request>> ahead = new HashMap<>();

  private final Set<LocalStream> asking = new HashSet<>();

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
    resume(stream, since, shard, viewer);
  }

  /** The newest comments up to {@code at}: from memory if it has enough, else from history. */
  public void recent(LocalStream stream, long at, int count, ViewerShard shard, Object viewer) {
    List<Event> recent = stream.recentEvents.comments(at, count);
    if (recent.size() == count) {
      shard.deliverReplay(viewer, new Replay(stream.name, null, recent, List.of(), at));
      return;
    }
    meters.replayReads.increment();
    RetriedRead.of(
            context.vertx(),
            () -> RecentCommentsReader.read(store, stream.partition, stream.name, at + 1, count))
        .map(page -> page.comments().stream().map(Replayer::event).toList())
        // What this node has is better than nothing: there is no promise of a certain number.
        .recover(e -> Future.succeededFuture(recent))
        .onSuccess(
            events ->
                shard.deliverReplay(viewer, new Replay(stream.name, null, events, List.of(), at)));
  }

  private static Event event(Kept kept) {
    return EventJson.event(kept.user(), kept.id(), kept.body(), kept.offset());
  }

  private void resume(LocalStream stream, long since, ViewerShard shard, Object viewer) {
    long last = stream.last();
    if (since > last) {
      askOwner(stream, new SharedHistoryRead.Request(since, shard, viewer));
    } else if (since == last) {
      nothingMissed(stream, last, shard, viewer);
    } else if (stream.recentEvents.covers(since)) {
      shard.deliverReplay(
          viewer, new Replay(stream.name, null, stream.recentEvents.after(since), List.of(), last));
    } else {
      addPending(1);
      waiting
          .computeIfAbsent(stream, s -> new ArrayList<>())
          .add(new SharedHistoryRead.Request(since, shard, viewer));
      startReads();
    }
  }

  private static void nothingMissed(
      LocalStream stream, long position, ViewerShard shard, Object viewer) {
    shard.deliverReplay(viewer, new Replay(stream.name, null, List.of(), List.of(), position));
  }

  /** A position beyond the stream's end would hide what follows: the viewer begins at the end. */
  private void askOwner(LocalStream stream, SharedHistoryRead.Request request) {
    ahead.computeIfAbsent(stream, s -> new ArrayList<>()).add(request);
    askNext(stream);
  }

  /** A viewer that comes during a question waits for the next: the answer may be older than it. */
  private void askNext(LocalStream stream) {
    if (!ahead.containsKey(stream) || !asking.add(stream)) {
      return;
    }
    List<SharedHistoryRead.Request> requests = Objects.requireNonNull(ahead.remove(stream));
    lastOffset(stream)
        .recover(e -> Future.succeededFuture(stream.last() + AHEAD))
        .onSuccess(
            end -> {
              asking.remove(stream);
              for (SharedHistoryRead.Request asked : requests) {
                if (asked.since() < stream.last()) {
                  resume(stream, asked.since(), asked.shard(), asked.viewer());
                } else {
                  long position = asked.since() <= end ? asked.since() : stream.last();
                  nothingMissed(stream, position, asked.shard(), asked.viewer());
                }
              }
              askNext(stream);
            });
  }

  private Future<Long> lastOffset(LocalStream stream) {
    String owner = context.assignment().of(stream.partition);
    if (owner == null) {
      return Future.failedFuture("no dispatcher is in the cluster");
    }
    Register again =
        Register.newBuilder()
            .setPartition(stream.partition)
            .setNode(context.cluster().self())
            .addStreams(stream.name)
            .build();
    return context
        .<Registered>request(Addresses.dispatch(owner), again, OWNER_MS)
        .map(answer -> answer.getLast(0));
  }

  private void addPending(int viewers) {
    pending = pending + viewers;
  }

  private void startReads() {
    Iterator<Map.Entry<LocalStream, List<SharedHistoryRead.Request>>> line =
        waiting.entrySet().iterator();
    while (beingRead.size() < READS && line.hasNext()) {
      Map.Entry<LocalStream, List<SharedHistoryRead.Request>> first = line.next();
      if (beingRead.add(first.getKey())) {
        line.remove();
        readPage(new SharedHistoryRead(first.getKey(), first.getValue(), limit));
      }
    }
  }

  private void readPage(SharedHistoryRead read) {
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
              if (read.countFailed() <= RETRIES) {
                context.vertx().setTimer(RETRY_MS, t -> readPage(read));
              } else {
                read.skip(stream.last());
                end(read);
              }
            });
  }

  private void end(SharedHistoryRead read) {
    read.end();
    beingRead.remove(read.stream);
    meters.replaysShared.increment(read.requests.size() - 1.0);
    // In order of position, so that viewers of one position share a list.
    read.requests.sort(Comparator.comparingLong(SharedHistoryRead.Request::since));
    answer(read, 0);
    startReads();
  }

  /** A viewer that is answered in a later turn receives what is delivered meanwhile after that. */
  private void answer(SharedHistoryRead read, int from) {
    int to = Math.min(read.requests.size(), from + ANSWERS);
    for (SharedHistoryRead.Request request : read.requests.subList(from, to)) {
      request.shard().deliverReplay(request.viewer(), read.replay(request.since()));
    }
    addPending(from - to);
    if (to < read.requests.size()) {
      context.context().runOnContext(v -> answer(read, to));
    }
  }
}
