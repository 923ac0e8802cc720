package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.HistoryLimits;
import io.ovation.store.RecentCommentsReader;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.Effect;
import io.ovation.store.Store.EventId;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Hole;
import io.ovation.store.Store.Kept;
import io.ovation.store.Store.Origin;
import io.ovation.store.Store.Pin;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Epochs, offsets, known ids and history. Disk thread only, but for {@link #lasts}. */
final class EmbeddedHistory {
  /** Entries of an expired history removed in one step. */
  private static final int PURGE_STEP = 500;

  /** Partition → its epoch. */
  private final MVMap<String, Long> epochs;

  /** {@code partition/stream} → {@link StoredStream}. */
  private final MVMap<String, byte[]> streams;

  /**
   * {@code partition/stream/length of user/user/id} → offset, the offset before it, and a byte if
   * the comment was deleted.
   */
  private final ExpiringMap<String> ids;

  private final SpareEvents spare;
  private final OriginWatermarks marks;

  private final HistoryEntries entries;
  private final EmbeddedPins pins;
  private final ExpiryIndex expiry;
  private final HistoryLimits limits;

  EmbeddedHistory(StoreMaps maps, HistoryLimits limits) {
    this.epochs = maps.numbers("store.epochs");
    this.streams = maps.bytes("store.streams");
    this.ids = maps.expiring("store.known_ids", ExpiryIndex.ID);
    this.spare = new SpareEvents(ids, limits);
    this.marks = new OriginWatermarks(maps);
    this.entries = new HistoryEntries(maps.bytes("store.entries"));
    this.pins = new EmbeddedPins(maps);
    this.expiry = maps.expiry;
    this.limits = limits;
    expiry.onExpiry(ExpiryIndex.STREAM, this::expired);
  }

  long take(int partition, long atLeast) {
    long epoch = Math.max(epoch(partition) + 1, atLeast);
    epochs.put(Integer.toString(partition), epoch);
    return epoch;
  }

  List<Appended> append(
      int partition, long epoch, List<Append> items, Map<String, Long> confirmed, long now) {
    fence(partition, epoch);
    List<Appended> answers = new ArrayList<>(items.size());
    Changes changes = new Changes(now);
    for (Append item : items) {
      String stream = key(partition, item.stream());
      if (item.absent()) {
        marks.skip(stream, item, now, now + limits.stateTtl());
        answers.add(Appended.longAgo());
        continue;
      }
      String idKey = idKey(stream, item);
      ByteBuffer known = ids.get(idKey, now);
      if (known == null && item.origin() != null) {
        ByteBuffer gone = ids.get(idKey(stream, item.user(), item.id()), now);
        if (gone != null && KnownIds.decode(gone.duplicate()).deleted()) {
          // Another region deleted it before it arrived.
          known = gone;
          marks.raise(stream, item, 0, now + limits.stateTtl());
        }
      }
      boolean replaced = false;
      if (known != null) {
        Appended first = KnownIds.decode(known);
        if (first.deleted() || !item.delivered() || first.offset() == item.proposed()) {
          answers.add(first);
          continue;
        }
        changes.removed(stream, entries.removeEvent(stream, first.offset()));
        replaced = true;
      }
      long micros = TimeUnit.MILLISECONDS.toMicros(now);
      OriginWatermarks.Arrival arrival = marks.arrival(stream, item, now);
      if (arrival.known()) {
        answers.add(Appended.longAgo());
        continue;
      }
      long previous = changes.of(stream).last();
      long reached = confirmed.getOrDefault(item.stream(), 0L);
      if (reached > previous) {
        changes.added(stream, reached, entries.putHole(stream, previous + 1, reached), 0);
      }
      if (arrival.afterHole()) {
        long hole = Math.max(changes.of(stream).last() + 1, micros);
        changes.added(stream, hole, entries.putHole(stream, hole, hole), 0);
        previous = hole;
      }
      StoredStream before = changes.of(stream);
      long time = item.proposed() > 0 ? Math.min(item.proposed(), micros + 999) : micros;
      long next = Math.max(before.last() + 1, time);
      long offset = item.delivered() ? item.proposed() : next;
      boolean added = offset > before.last();
      if (added) {
        changes.added(stream, offset, true, entries.putEvent(stream, offset, item));
      } else if (offset > before.dropped()) {
        changes.added(stream, offset, entries.putHole(stream, offset, offset), 0);
      }
      if (replaced && item.origin() == null && !item.hidden()) {
        marks.reset(stream, item, now); // Other regions never hear of the other offset.
      }
      marks.raise(stream, item, offset, now + limits.stateTtl());
      Appended answer =
          new Appended(offset, previous, false, false, arrival.ownPrevious(), arrival.afterHole());
      ids.put(idKey, now + limits.idTtl(), KnownIds.encode(answer));
      answers.add(answer);
      boolean found = apply(stream, item, offset, changes);
      if (added && (item.hidden() || !(found || item.delivered()))) {
        for (long old : spare.add(stream, offset, now)) {
          if (old > changes.of(stream).dropped()) {
            changes.removed(stream, entries.removeEvent(stream, old));
          }
        }
      }
    }
    changes.write();
    return answers;
  }

  /**
   * Returns false if it deletes a comment that is neither here nor known, or that was deleted
   * before; or purges a user who has none here.
   */
  private boolean apply(String stream, Append item, long offset, Changes changes) {
    Effect effect = item.effect();
    switch (effect.kind()) {
      case NONE -> {}
      case DELETE -> {
        String idKey = idKey(stream, effect.user(), effect.id());
        ByteBuffer value = ids.get(idKey, changes.now);
        Appended known = value == null ? Appended.longAgo() : KnownIds.decode(value);
        boolean found = value != null && !known.deleted();
        int bytes = entries.removeEvent(stream, known.offset());
        changes.removed(stream, bytes);
        if (bytes < 0) {
          found |= removeComments(stream, effect, changes);
        }
        byte[] deleted = KnownIds.deleted(known.offset(), known.previous(), known.ownPrevious());
        ids.put(idKey, changes.now + Math.max(limits.idTtl(), limits.historyTtl()), deleted);
        return pins.remove(stream, Effect.held(effect.user(), effect.id())) || found;
      }
      case PURGE -> {
        boolean found = removeComments(stream, effect, changes);
        return pins.removeAll(stream, Effect.held(effect.user(), "")) || found;
      }
      case PIN -> pins.put(stream, effect, offset, item.body(), changes.now);
      case UNPIN -> pins.remove(stream, effect.id());
    }
    return true;
  }

  /** Removes all comments of the effect's user, or the one with its id; false if none is here. */
  private boolean removeComments(String stream, Effect effect, Changes changes) {
    long from = changes.of(stream).dropped() + 1;
    boolean found = false;
    List<Kept> page;
    do {
      page = entries.read(stream, from, PURGE_STEP);
      for (Kept kept : page) {
        boolean concerned =
            kept.user().equals(effect.user())
                && (effect.id().isEmpty() || kept.id().equals(effect.id()))
                && RecentCommentsReader.isComment(kept);
        if (concerned) {
          found = true;
          changes.removed(stream, entries.removeEvent(stream, kept.offset()));
        }
        from = kept.offset() + 1;
      }
    } while (page.size() == PURGE_STEP);
    return found;
  }

  List<Kept> newest(int partition, String name, long before, int limit, long now) {
    String stream = key(partition, name);
    long dropped = state(stream, now).dropped();
    return entries.readBackwards(stream, before, limit).stream()
        .filter(kept -> kept.offset() > dropped)
        .toList();
  }

  /** 0 if it is unknown or deleted. */
  long offsetOf(EventId id, long now) {
    ByteBuffer known = ids.get(idKey(key(id.partition(), id.stream()), id.user(), id.id()), now);
    Appended answer = known == null ? Appended.longAgo() : KnownIds.decode(known);
    return answer.deleted() ? 0 : answer.offset();
  }

  List<String> streams(long now) {
    return streams.keySet().stream()
        .filter(key -> state(key, now).count() > 0)
        .map(key -> key.substring(key.indexOf('/') + 1))
        .toList();
  }

  List<Pin> pins(int partition, String stream, long now) {
    return pins.of(key(partition, stream), now);
  }

  long otherPins(int partition, String stream, String name, long now) {
    return pins.others(key(partition, stream), name, now);
  }

  void holes(int partition, long epoch, Map<String, Hole> holes, long now) {
    fence(partition, epoch);
    Changes changes = new Changes(now);
    holes.forEach(
        (name, hole) -> {
          String stream = key(partition, name);
          if (hole.to() > changes.of(stream).dropped()) {
            boolean added = entries.putHole(stream, hole.from(), hole.to());
            changes.added(stream, hole.to(), added, 0);
          }
        });
    changes.write();
  }

  History history(int partition, String name, long after, int limit, long now) {
    String stream = key(partition, name);
    StoredStream state = state(stream, now);
    if (state.last() == 0) {
      // A viewer that has seen a part of a stream unknown here may have missed any number of
      // events.
      return new History(List.of(), after == 0, false);
    }
    List<Kept> page = entries.read(stream, Math.max(after, state.dropped()) + 1, limit + 1);
    return History.of(page, limit, state.dropped() <= after);
  }

  /** Any thread. */
  Map<String, Long> lasts(int partition, List<String> names, long now) {
    Map<String, Long> lasts = new HashMap<>();
    names.forEach(name -> lasts.put(name, state(key(partition, name), now).last()));
    return lasts;
  }

  private @Nullable Long expired(String stream, long indexed, long now) {
    byte[] bytes = streams.get(stream);
    if (bytes == null) {
      return null;
    }
    StoredStream stored = StoredStream.decode(bytes);
    if (stored.indexed() != indexed) {
      return null; // It has another entry in the index.
    }
    StoredStream state = stored.at(now);
    long next = now;
    if (entries.removeThrough(stream, state.dropped(), PURGE_STEP) < PURGE_STEP) {
      if (state.last() == 0) {
        streams.remove(stream);
        return null;
      }
      next = state.historyDue() > now ? state.historyDue() : state.stateDue();
    }
    streams.put(stream, stored.withIndexed(next).encode());
    return next;
  }

  /** Throws {@link StaleEpoch} if a higher epoch was given out. */
  void fence(int partition, long epoch) {
    long current = epoch(partition);
    if (epoch < current) {
      throw new StaleEpoch(partition, epoch);
    }
    if (epoch > current) {
      epochs.put(Integer.toString(partition), epoch);
    }
  }

  private long epoch(int partition) {
    Long epoch = epochs.get(Integer.toString(partition));
    return epoch == null ? 0 : epoch;
  }

  private StoredStream state(String stream, long now) {
    byte[] bytes = streams.get(stream);
    return bytes == null ? StoredStream.NEW : StoredStream.decode(bytes).at(now);
  }

  private static String key(int partition, String stream) {
    return partition + "/" + stream;
  }

  /** Streams have no slash, and the user's length says where the id begins. */
  private static String idKey(String stream, Append item) {
    Origin origin = item.origin();
    return origin == null
        ? idKey(stream, item.user(), item.id())
        : stream + "/" + origin.region() + "@" + origin.offset();
  }

  private static String idKey(String stream, String user, String id) {
    return stream + "/" + user.getBytes(UTF_8).length + "/" + user + "/" + id;
  }

  /** The stream states that one mutation changes; each is written once. */
  private final class Changes {
    private final long now;
    private final Map<String, StoredStream> states = new LinkedHashMap<>();

    Changes(long now) {
      this.now = now;
    }

    StoredStream of(String stream) {
      return states.computeIfAbsent(stream, s -> state(s, now));
    }

    void added(String stream, long offset, boolean counts, int bytes) {
      StoredStream s = of(stream);
      states.put(
          stream,
          new StoredStream(
              Math.max(s.last(), offset),
              s.dropped(),
              s.count() + (counts ? 1 : 0),
              now + limits.historyTtl(),
              now + limits.stateTtl(),
              s.indexed(),
              s.bytes() + bytes));
    }

    /** An event of {@code bytes} was taken out; -1 if there was none. */
    void removed(String stream, int bytes) {
      if (bytes >= 0) {
        StoredStream s = of(stream);
        states.put(stream, s.withDropped(s.dropped(), s.count() - 1, s.bytes() - bytes));
      }
    }

    void write() {
      states.forEach(this::write);
    }

    private void write(String stream, StoredStream state) {
      if (state.historyDue() <= now) {
        return; // It was only read.
      }
      StoredStream kept = trim(stream, state);
      if (kept.indexed() > kept.historyDue()) {
        expiry.remove(ExpiryIndex.STREAM, stream, kept.indexed());
        kept = kept.withIndexed(kept.historyDue());
        expiry.add(ExpiryIndex.STREAM, stream, kept.indexed());
      }
      streams.put(stream, kept.encode());
    }

    private StoredStream trim(String stream, StoredStream state) {
      long entriesOver = state.count() - limits.events();
      long bytesOver = state.bytes() - limits.bytes();
      if (entriesOver <= 0 && bytesOver <= 0) {
        return state;
      }
      HistoryEntries.Removed gone =
          entries.removeOldest(stream, state.dropped(), state.last(), entriesOver, bytesOver);
      return state.withDropped(
          gone.offset(), state.count() - gone.entries(), Math.max(0, state.bytes() - gone.bytes()));
    }
  }
}
