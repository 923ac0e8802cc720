package io.ovation.supervise.history;

import io.ovation.stage.ViewerShard;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Kept;
import io.ovation.supervise.LocalStream;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One read of a stream's history, shared by all viewers that wait for it. It begins at the lowest
 * of their positions; each viewer receives its own part. Supervisor's context only.
 */
final class SharedHistoryRead {
  /** A viewer that waits for the events above {@code since}. */
  record Request(long since, ViewerShard shard, Object viewer) {}

  final LocalStream stream;
  final List<Request> requests;
  private final int limit;
  private final List<Event> events = new ArrayList<>();
  private final List<Gap> holes = new ArrayList<>(0);
  private long at;

  /** Everything up to this offset is lost for all. */
  private long lost;

  private int behind;
  private int failed;

  /** The last part that was cut off: viewers of one position share one list. */
  private List<Event> shared = List.of();

  private int sharedFrom = -1;

  /**
   * @param requests at least one
   * @param limit events to hold; beyond it the oldest are lost
   */
  SharedHistoryRead(LocalStream stream, List<Request> requests, int limit) {
    this.stream = stream;
    this.requests = requests;
    this.limit = limit;
    this.at = requests.stream().mapToLong(Request::since).min().orElse(0);
  }

  /** Everything up to this offset has been read, or is lost. */
  long at() {
    return at;
  }

  /** Whether the stream's recent events continue from here. */
  boolean reachesRecentEvents() {
    return stream.recentEvents.covers(at);
  }

  /** Counts the times that history ended before the recent events began. */
  int countBehind() {
    return ++behind;
  }

  /** Counts the reads that failed one after the other. */
  int countFailed() {
    return ++failed;
  }

  void take(History page) {
    failed = 0;
    if (!page.complete() && !page.entries().isEmpty()) {
      long before = page.entries().get(0).from() - 1;
      if (events.isEmpty() && holes.isEmpty()) {
        lost = Math.max(lost, before);
        at = Math.max(at, before);
      } else {
        skip(before); // Dropped after the last page was read.
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
    } else if (!kept.tombstone()) {
      events.add(EventJson.event(kept.user(), kept.id(), kept.body(), kept.offset()));
    }
    at = Math.max(at, kept.offset());
  }

  /** Events from here to {@code to} can't be read. */
  void skip(long to) {
    if (to > at) {
      holes.add(new Gap(at + 1, to));
      at = to;
    }
  }

  /** Adds the recent events. Later ones, in history too, are delivered live. */
  void end() {
    long last = stream.last();
    events.removeIf(event -> event.getOffset() > last);
    holes.removeIf(hole -> hole.from() > last);
    for (Event recent : stream.recentEvents.after(at)) {
      // It was read before it was deleted.
      DeletedComments.of(recent).ifPresent(deleted -> events.removeIf(deleted::concern));
      events.add(recent);
    }
    at = last;
  }

  Replay replay(long since) {
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
