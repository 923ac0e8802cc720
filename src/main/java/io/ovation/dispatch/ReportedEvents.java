package io.ovation.dispatch;

import io.ovation.dispatch.comments.EffectMapper;
import io.ovation.dispatch.comments.PendingEvent;
import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Kept;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Answer;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the nodes have shown their viewers of one partition's streams, as they answer a new owner:
 * events that an earlier owner sent while the store was unavailable, the offsets of the latest
 * events, and the last offset of each active stream. Compared with the store, it shows what history
 * still has to get, and what nobody has any more.
 */
final class ReportedEvents {
  private static final Logger log = LoggerFactory.getLogger(ReportedEvents.class);

  /** More would not be items that one owner had in flight. */
  private static final int MAX_UNSENT_STREAMS = 500;

  private static final int MAX_UNSENT = 500;

  private final int partition;
  private final Map<String, SortedMap<Long, Segment>> unsaved = new TreeMap<>();
  private final Map<String, Long> last = new TreeMap<>();
  private final List<Append> delivered = new ArrayList<>();
  private final List<Lost> lost = new ArrayList<>();
  private final Map<String, Long> passed = new TreeMap<>();
  private final Map<String, Appended> recent = new HashMap<>();

  /** Offsets that viewers have seen, without an event. */
  record Lost(String stream, long from, long to) {}

  ReportedEvents(int partition) {
    this.partition = partition;
  }

  void add(Answer answer) {
    for (Segment segment : answer.getUnsavedList()) {
      unsaved
          .computeIfAbsent(segment.getStream(), s -> new TreeMap<>())
          .put(segment.getEvents(0).getOffset(), segment);
    }
    answer.getLastMap().forEach((stream, offset) -> last.merge(stream, offset, Math::max));
    answer.getRecentList().forEach(this::addRecent);
  }

  /** The event of this region before it is not known: the one before it may be from elsewhere. */
  private static Appended known(long offset, long previous) {
    return new Appended(offset, previous, true, false, 0, false);
  }

  /** Of two offsets of an event, viewers were shown the first. */
  private void addRecent(Segment segment) {
    Event event = segment.getEvents(0);
    recent.merge(
        PendingEvent.identity(segment.getStream(), event),
        known(event.getOffset(), segment.getPrevious()),
        (one, other) -> one.offset() <= other.offset() ? one : other);
  }

  /** Compares the reports with the store. */
  Future<Void> compare(Store store) {
    unsaved.forEach((stream, events) -> last.merge(stream, events.lastKey(), Math::max));
    List<String> streams = List.copyOf(last.keySet());
    return streams.isEmpty()
        ? Future.succeededFuture()
        : store
            .lastOffsets(partition, streams)
            .map(
                stored -> {
                  streams.forEach(s -> compare(s, stored.getOrDefault(s, 0L)));
                  report();
                  return null;
                })
            .compose(v -> readUnsent(store));
  }

  /**
   * A viewer that resumes may have read already what an earlier owner appended and did not send.
   * Without an answer, the items are as new to this owner as they are to viewers who do not resume.
   */
  private Future<Void> readUnsent(Store store) {
    List<Future<?>> reads = new ArrayList<>();
    passed.entrySet().stream()
        .limit(MAX_UNSENT_STREAMS)
        .forEach(
            it ->
                reads.add(
                    store
                        .history(partition, it.getKey(), it.getValue(), MAX_UNSENT)
                        .onSuccess(page -> addUnsent(it.getKey(), it.getValue(), page.entries()))));
    return reads.isEmpty() ? Future.succeededFuture() : Future.join(reads).mapEmpty();
  }

  private void addUnsent(String stream, long seen, List<Kept> entries) {
    long previous = seen;
    for (Kept entry : entries) {
      if (!entry.hole() && EventJson.region(entry.body()).isEmpty()) {
        recent.putIfAbsent(PendingEvent.identity(stream, entry), known(entry.offset(), previous));
      }
      previous = entry.offset();
    }
  }

  private void compare(String stream, long stored) {
    long covered = stored;
    for (Segment segment : unsaved.getOrDefault(stream, new TreeMap<>()).values()) {
      Event event = segment.getEvents(0);
      covered = lost(stream, covered, segment.getPrevious());
      delivered.add(EffectMapper.delivered(stream, event));
      covered = Math.max(covered, event.getOffset());
    }
    long seen = last.getOrDefault(stream, 0L);
    lost(stream, covered, seen);
    if (stored > seen) {
      passed.put(stream, seen);
    }
  }

  private long lost(String stream, long covered, long seen) {
    if (seen > covered) {
      lost.add(new Lost(stream, covered + 1, seen));
    }
    return Math.max(covered, seen);
  }

  private void report() {
    if (!delivered.isEmpty() || !lost.isEmpty()) {
      log.warn(
          "partition {}: viewers have received {} events that are written to history now, and"
              + " events of {} streams that it has lost: these resume with a gap",
          partition,
          delivered.size(),
          lost.size());
    }
  }

  /** In the order of their offsets within each stream. */
  List<Append> delivered() {
    return delivered;
  }

  List<Lost> lost() {
    return lost;
  }

  /**
   * What the store would say of the latest events that nodes received, and of those that an earlier
   * owner appended without sending them, by identity.
   */
  Map<String, Appended> recent() {
    return recent;
  }

  /**
   * The last offset that viewers of any node have seen, by stream. A node may have seen less if the
   * earlier owner had suspended it.
   */
  Map<String, Long> seen() {
    return last;
  }

  /**
   * The last offset that viewers have seen of each stream on which the store has more. An earlier
   * owner appended it without sending it: it may have done so after the store had lost what viewers
   * saw, which shows when the item comes again.
   */
  Map<String, Long> passed() {
    return passed;
  }
}
