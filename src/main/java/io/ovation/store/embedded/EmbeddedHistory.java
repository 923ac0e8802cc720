package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.config.Config;
import io.ovation.store.StaleEpoch;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.store.Store.History;
import io.ovation.store.Store.Hole;
import io.ovation.store.Store.Kept;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Epochs, offsets, known ids and history. Disk thread only, but for {@link #last}. */
final class EmbeddedHistory {
  private static final long ID_TTL = Duration.ofMinutes(10).toMillis();

  /** How long after a stream's last event offsets can't go back, even if the clock does. */
  private static final long MIN_STATE_TTL = Duration.ofDays(7).toMillis();

  /** Entries of an expired history removed in one step. */
  private static final int PURGE_STEP = 500;

  private final StoreMaps maps;
  private final HistoryEntries entries;
  private final ExpiryIndex expiry;
  private final int keep;
  private final long keepBytes;
  private final long historyTtl;
  private final long stateTtl;

  /**
   * An appended id.
   *
   * @param due when it is forgotten, milliseconds since 1970
   */
  private record KnownId(long offset, long previous, long due) {
    byte[] encode() {
      return ByteBuffer.allocate(24).putLong(offset).putLong(previous).putLong(due).array();
    }

    static KnownId decode(byte[] bytes) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new KnownId(in.getLong(), in.getLong(), in.getLong());
    }
  }

  EmbeddedHistory(StoreMaps maps, ExpiryIndex expiry, Config.History history) {
    this.maps = maps;
    this.entries = new HistoryEntries(maps.entries());
    this.expiry = expiry;
    expiry.onExpiry(ExpiryIndex.ID, (key, at, now) -> ExpiryIndex.remove(maps.ids(), key));
    expiry.onExpiry(ExpiryIndex.STREAM, this::expired);
    this.keep = history.events();
    this.keepBytes = history.bytes();
    this.historyTtl = history.ttl().toMillis();
    this.stateTtl = Math.max(MIN_STATE_TTL, 2 * historyTtl);
  }

  long take(int partition, long atLeast) {
    long epoch = Math.max(epoch(partition) + 1, atLeast);
    maps.epochs().put(Integer.toString(partition), epoch);
    return epoch;
  }

  List<Appended> append(int partition, long epoch, List<Append> items, long now) {
    fence(partition, epoch);
    List<Appended> answers = new ArrayList<>(items.size());
    Changes changes = new Changes(now);
    for (Append item : items) {
      String stream = key(partition, item.stream());
      String idKey = idKey(stream, item);
      byte[] bytes = maps.ids().get(idKey);
      KnownId known = bytes == null ? null : KnownId.decode(bytes);
      if (known != null) {
        boolean moved = item.delivered() && known.offset() != item.proposed();
        if (known.due() > now && !moved) {
          answers.add(new Appended(known.offset(), known.previous(), true));
          continue;
        }
        expiry.remove(ExpiryIndex.ID, idKey, known.due());
        if (moved) {
          changes.removed(stream, entries.removeEvent(stream, known.offset()));
        }
      }
      StoredStream before = changes.of(stream);
      long next = Math.max(before.last() + 1, item.proposed());
      long offset = item.delivered() ? item.proposed() : next;
      if (offset > before.last()) {
        changes.added(stream, offset, true, entries.putEvent(stream, offset, item));
      } else if (offset > before.dropped()) {
        changes.added(stream, offset, entries.putHole(stream, offset, offset), 0);
      }
      maps.ids().put(idKey, new KnownId(offset, before.last(), now + ID_TTL).encode());
      expiry.add(ExpiryIndex.ID, idKey, now + ID_TTL);
      answers.add(new Appended(offset, before.last(), false));
    }
    changes.write();
    return answers;
  }

  void holes(int partition, long epoch, List<Hole> holes, long now) {
    fence(partition, epoch);
    Changes changes = new Changes(now);
    for (Hole hole : holes) {
      String stream = key(partition, hole.stream());
      if (hole.to() > changes.of(stream).dropped()) {
        changes.added(stream, hole.to(), entries.putHole(stream, hole.from(), hole.to()), 0);
      }
    }
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
    boolean more = page.size() > limit;
    return new History(
        List.copyOf(more ? page.subList(0, limit) : page), state.dropped() <= after, more);
  }

  /** Any thread. */
  long last(int partition, String stream, long now) {
    return state(key(partition, stream), now).last();
  }

  private @Nullable Long expired(String stream, long indexed, long now) {
    byte[] bytes = maps.streams().get(stream);
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
        maps.streams().remove(stream);
        return null;
      }
      next = state.historyDue() > now ? state.historyDue() : state.stateDue();
    }
    maps.streams().put(stream, stored.withIndexed(next).encode());
    return next;
  }

  /** Throws {@link StaleEpoch} if a higher epoch was given out. */
  void fence(int partition, long epoch) {
    long current = epoch(partition);
    if (epoch < current) {
      throw new StaleEpoch(partition, epoch);
    }
    if (epoch > current) {
      maps.epochs().put(Integer.toString(partition), epoch);
    }
  }

  private long epoch(int partition) {
    Long epoch = maps.epochs().get(Integer.toString(partition));
    return epoch == null ? 0 : epoch;
  }

  private StoredStream state(String stream, long now) {
    byte[] bytes = maps.streams().get(stream);
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
              now + historyTtl,
              now + stateTtl,
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
      maps.streams().put(stream, kept.encode());
    }

    private StoredStream trim(String stream, StoredStream state) {
      long entriesOver = state.count() - keep;
      long bytesOver = state.bytes() - keepBytes;
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
