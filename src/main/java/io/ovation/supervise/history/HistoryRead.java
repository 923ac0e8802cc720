package io.ovation.supervise.history;

import io.ovation.stage.ViewerShard;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LiveStream;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One reading of a stream's history for all viewers that wait for it: from where the one begins
 * that missed most. Each is answered with its own part. On the supervisor's context.
 */
final class HistoryRead {
  /** A viewer that waits for what it missed. */
  record Return(long since, ViewerShard shard, Object viewer) {}

  final LiveStream stream;
  final List<Return> returns;
  private final int limit;
  private final List<Event> events = new ArrayList<>();
  private final List<Gap> holes = new ArrayList<>(0);
  private long at;

  /** What was up to here is lost to all. */
  private long lost;

  /** Times that history was found behind this node. */
  private int behind;

  /** What those who return at the same place get is one and the same list. */
  private int sharedFrom = -1;

  private List<Event> shared = List.of();

  /**
   * @param returns at least one
   * @param limit events kept in hand; the oldest are lost beyond it
   */
  HistoryRead(LiveStream stream, List<Return> returns, int limit) {
    this.stream = stream;
    this.returns = returns;
    this.limit = limit;
    this.at = returns.stream().mapToLong(Return::since).min().orElse(0);
  }

  /** All up to here has been read, or is lost. */
  long at() {
    return at;
  }

  /** Whether the stream's ring has the rest. */
  boolean reachesRing() {
    return stream.recentEvents.covers(at);
  }

  /** How often history has been found to end before the ring begins, this time included. */
  int behind() {
    return ++behind;
  }

  void take(History page) {
    if (!page.complete() && !page.entries().isEmpty()) {
      long before = page.entries().get(0).from() - 1;
      if (events.isEmpty() && holes.isEmpty()) {
        lost = Math.max(lost, before);
        at = Math.max(at, before);
      } else {
        skip(before); // dropped since the page before
      }
    }
    page.entries().forEach(this::take);
    if (events.size() > limit) {
      List<Event> oldest = events.subList(0, events.size() - limit);
      lost = Math.max(lost, oldest.get(oldest.size() - 1).getOffset());
      oldest.clear();
    }
  }

  private void take(Kept kept) {
    if (kept.hole()) {
      holes.add(new Gap(kept.from(), kept.offset()));
    } else {
      events.add(EventJson.event(kept.user(), kept.id(), kept.body(), kept.offset()));
    }
    at = Math.max(at, kept.offset());
  }

  /** What is between here and {@code to} can't be had. */
  void skip(long to) {
    if (to > at) {
      holes.add(new Gap(at + 1, to));
      at = to;
    }
  }

  /** The ring's part is added: what comes after it comes live. */
  void end() {
    events.addAll(stream.recentEvents.after(at));
    at = Math.max(at, stream.last());
  }

  Replay answer(long since) {
    @Nullable Gap gap = since < lost ? new Gap(since + 1, lost) : null;
    long from = Math.max(since, lost);
    List<Gap> later =
        holes.stream()
            .filter(hole -> hole.to() > from)
            .map(hole -> new Gap(Math.max(hole.from(), from + 1), hole.to()))
            .toList();
    return new Replay(stream.name, gap, after(since), later, at);
  }

  private List<Event> after(long since) {
    int from = 0;
    int to = events.size();
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (events.get(middle).getOffset() > since) {
        to = middle;
      } else {
        from = middle + 1;
      }
    }
    if (from != sharedFrom) {
      sharedFrom = from;
      shared = List.copyOf(events.subList(from, events.size()));
    }
    return shared;
  }
}
