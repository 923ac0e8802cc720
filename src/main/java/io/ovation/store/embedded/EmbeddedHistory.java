package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.HistoryLimits;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Hole;
import io.ovation.store.Store.Kept;
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

  /** {@code partition/stream/length of user/user/id} → offset, the offset before it. */
  private final ExpiringMap<String> ids;

  private final HistoryEntries entries;
  private final ExpiryIndex expiry;
  private final HistoryLimits limits;

  EmbeddedHistory(StoreMaps maps, HistoryLimits limits) {
    this.epochs = maps.numbers("store.epochs");
    this.streams = maps.bytes("store.streams");
    this.ids = maps.expiring("store.known_ids", ExpiryIndex.ID);
    this.entries = new HistoryEntries(maps.bytes("store.entries"));
    this.expiry = maps.expiry;
    this.limits = limits;
    expiry.onExpiry(ExpiryIndex.STREAM, this::expired);
  }

  long take(int partition, long atLeast) {
    long epoch = Math.max(epoch(partition) + 1, atLeast);
    epochs.put(Integer.toString(partition), epoch);
    return epoch;
  }

  List<Appended> append(int partition, long epoch, List<Append> items, long now) {
    fence(partition, epoch);
    List<Appended> answers = new ArrayList<>(items.size());
    Changes changes = new Changes(now);
    for (Append item : items) {
      String stream = key(partition, item.stream());
      String idKey = idKey(stream, item);
      ByteBuffer known = ids.get(idKey, now);
      if (known != null) {
        Appended first = new Appended(known.getLong(), known.getLong(), true);
        if (!item.delivered() || first.offset() == item.proposed()) {
          answers.add(first);
          continue;
        }
        changes.removed(stream, entries.removeEvent(stream, first.offset()));
      }
      StoredStream before = changes.of(stream);
      long micros = TimeUnit.MILLISECONDS.toMicros(now);
      long time = item.proposed() > 0 ? Math.min(item.proposed(), micros) : micros;
      long next = Math.max(before.last() + 1, time);
      long offset = item.delivered() ? item.proposed() : next;
      if (offset > before.last()) {
        changes.added(stream, offset, true, entries.putEvent(stream, offset, item));
      } else if (offset > before.dropped()) {
        changes.added(stream, offset, entries.putHole(stream, offset, offset), 0);
      }
      ByteBuffer id = ByteBuffer.allocate(16).putLong(offset).putLong(before.last());
      ids.put(idKey, now + limits.idTtl(), id.array());
      answers.add(new Appended(offset, before.last(), false));
    }
    changes.write();
    return answers;
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
    int length = item.user().getBytes(UTF_8).length;
    return stream + "/" + length + "/" + item.user() + "/" + item.id();
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
