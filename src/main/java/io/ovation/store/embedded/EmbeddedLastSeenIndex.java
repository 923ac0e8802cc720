package io.ovation.store.embedded;

import io.ovation.store.LastSeenIndex;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Sightings in an ordered map by number; the due-time index gets back the room of what is over. */
final class EmbeddedLastSeenIndex implements LastSeenIndex {
  private final MVMap<Long, byte[]> seen;
  private final MVMap<Long, Long> heard;
  private final ExpiryIndex due;
  private final LongSupplier clock;
  private final Access access;

  /** How the file is reached. */
  interface Access {
    /** On the disk's thread; {@code mutation} is given the time. */
    <T> Future<T> write(int additions, LongFunction<T> mutation);

    /** Where it was asked for. */
    <T> Future<T> read(Supplier<T> lookUp);
  }

  EmbeddedLastSeenIndex(StoreMaps maps, ExpiryIndex due, LongSupplier clock, Access access) {
    this.seen = maps.sightings();
    this.heard = maps.heard();
    this.due = due;
    this.clock = clock;
    this.access = access;
  }

  private record Entry(long end, long lastSeen) {
    static Entry decode(byte[] bytes) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new Entry(in.getLong(), in.getLong());
    }

    byte[] encode() {
      return ByteBuffer.allocate(16).putLong(end).putLong(lastSeen).array();
    }
  }

  @Override
  public Future<List<Long>> see(List<Sighting> sightings, Duration ttl) {
    List<Sighting> batch = List.copyOf(sightings);
    long end = clock.getAsLong() + Math.max(1, ttl.toMillis());
    return access.write(
        2 * batch.size(),
        now -> {
          List<Long> left = new ArrayList<>(batch.size());
          for (Sighting sighting : batch) {
            left.add(Math.max(1, see(sighting, end) - now));
            hear(sighting.id(), now);
          }
          return left;
        });
  }

  /** Returns when it ends. */
  private long see(Sighting sighting, long end) {
    byte[] before = seen.get(sighting.id());
    if (before != null) {
      long old = Entry.decode(before).end();
      if (old >= end) {
        return old;
      }
      due.remove(ExpiryIndex.SIGHTING, key(sighting.id()), old);
    }
    seen.put(sighting.id(), new Entry(end, sighting.lastSeenMs()).encode());
    due.add(ExpiryIndex.SIGHTING, key(sighting.id()), end);
    return end;
  }

  /** Written anew only when half of it is over. */
  private void hear(long id, long now) {
    Long before = heard.get(id);
    if (before != null && before - now > MEMORY.toMillis() / 2) {
      return;
    }
    if (before != null) {
      due.remove(ExpiryIndex.HEARD, key(id), before);
    }
    heard.put(id, now + MEMORY.toMillis());
    due.add(ExpiryIndex.HEARD, key(id), now + MEMORY.toMillis());
  }

  @Override
  public Future<Optional<Sighting>> find(long id) {
    return access.read(() -> Optional.ofNullable(entry(id)).map(e -> shown(id, e)));
  }

  @Override
  public Future<Page> page(@Nullable Long after, int limit) {
    return access.read(
        () -> {
          if (after != null && after == Long.MAX_VALUE) {
            return new Page(List.of(), null);
          }
          Iterator<Long> ids = seen.keyIterator(after == null ? Long.MIN_VALUE : after + 1);
          List<Sighting> page = new ArrayList<>();
          // Bounded also where many of them are over.
          for (int looked = 0; looked < limit && ids.hasNext(); looked++) {
            long id = ids.next();
            Entry entry = entry(id);
            if (entry != null) {
              page.add(shown(id, entry));
            }
            if (looked == limit - 1 && ids.hasNext()) {
              return new Page(page, id);
            }
          }
          return new Page(page, null);
        });
  }

  @Override
  public Future<List<Long>> states(List<Long> ids) {
    List<Long> asked = List.copyOf(ids);
    return access.read(() -> asked.stream().map(this::state).toList());
  }

  private Long state(long id) {
    long now = clock.getAsLong();
    Entry entry = entry(id);
    if (entry != null) {
      return Math.max(1, entry.end() - now);
    }
    Long forget = heard.get(id);
    return forget != null && forget > now ? GONE : UNHEARD;
  }

  @Override
  public Future<Long> count() {
    return access.read(seen::sizeAsLong);
  }

  private @Nullable Entry entry(long id) {
    byte[] bytes = seen.get(id);
    Entry entry = bytes == null ? null : Entry.decode(bytes);
    return entry == null || entry.end() <= clock.getAsLong() ? null : entry;
  }

  private static Sighting shown(long id, Entry entry) {
    return new Sighting(id, entry.lastSeen());
  }

  private static String key(long id) {
    return Long.toString(id);
  }
}
