package io.ovation.store.embedded;

import io.ovation.store.LastSeenIndex;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/** Sightings in a map ordered by number. */
final class EmbeddedLastSeenIndex implements LastSeenIndex {
  private final MVMap<Long, byte[]> seen;

  /** Until when it is known that an entry existed. */
  private final MVMap<Long, Long> seenBefore;

  private final ExpiryIndex expiry;
  private final DiskOperations operations;

  EmbeddedLastSeenIndex(StoreMaps maps, ExpiryIndex expiry, DiskOperations operations) {
    this.seen = maps.sightings();
    this.seenBefore = maps.seenBefore();
    this.expiry = expiry;
    this.operations = operations;
    expiry.onExpiry(
        ExpiryIndex.SIGHTING, (key, indexed, now) -> ExpiryIndex.remove(seen, Long.parseLong(key)));
    expiry.onExpiry(
        ExpiryIndex.SEEN_BEFORE,
        (key, indexed, now) -> ExpiryIndex.remove(seenBefore, Long.parseLong(key)));
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
    long end = operations.now() + EmbeddedStore.millis(ttl);
    return operations.write(
        2 * batch.size(),
        now -> {
          List<Long> left = new ArrayList<>(batch.size());
          for (Sighting sighting : batch) {
            left.add(Math.max(1, see(sighting, end) - now));
            rememberSeen(sighting.id(), now);
          }
          return left;
        });
  }

  /** Returns when the entry expires. */
  private long see(Sighting sighting, long end) {
    byte[] before = seen.get(sighting.id());
    if (before != null) {
      long old = Entry.decode(before).end();
      if (old >= end) {
        return old;
      }
      expiry.remove(ExpiryIndex.SIGHTING, key(sighting.id()), old);
    }
    seen.put(sighting.id(), new Entry(end, sighting.lastSeenMs()).encode());
    expiry.add(ExpiryIndex.SIGHTING, key(sighting.id()), end);
    return end;
  }

  /** Rewritten only when half of its time has passed. */
  private void rememberSeen(long id, long now) {
    Long before = seenBefore.get(id);
    if (before != null && before - now > MEMORY.toMillis() / 2) {
      return;
    }
    if (before != null) {
      expiry.remove(ExpiryIndex.SEEN_BEFORE, key(id), before);
    }
    seenBefore.put(id, now + MEMORY.toMillis());
    expiry.add(ExpiryIndex.SEEN_BEFORE, key(id), now + MEMORY.toMillis());
  }

  @Override
  public Future<Optional<Sighting>> find(long id) {
    return operations.lookUp(now -> Optional.ofNullable(sighting(id, now)));
  }

  @Override
  public Future<Page> page(@Nullable Long after, int limit) {
    return operations.lookUp(
        now -> {
          if (after != null && after == Long.MAX_VALUE) {
            return new Page(List.of(), null);
          }
          Iterator<Long> ids = seen.keyIterator(after == null ? Long.MIN_VALUE : after + 1);
          List<Sighting> page = new ArrayList<>();
          // Expired entries count towards the limit too, so that a look-up stays short.
          for (int looked = 0; looked < limit && ids.hasNext(); looked++) {
            long id = ids.next();
            Sighting sighting = sighting(id, now);
            if (sighting != null) {
              page.add(sighting);
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
    return operations.lookUp(now -> ids.stream().map(id -> state(id, now)).toList());
  }

  private Long state(long id, long now) {
    Entry entry = entry(id, now);
    if (entry != null) {
      return entry.end() - now;
    }
    Long until = seenBefore.get(id);
    return until != null && until > now ? GONE : UNHEARD;
  }

  @Override
  public Future<Long> count() {
    return operations.lookUp(now -> seen.sizeAsLong());
  }

  private @Nullable Sighting sighting(long id, long now) {
    Entry entry = entry(id, now);
    return entry == null ? null : new Sighting(id, entry.lastSeen());
  }

  private @Nullable Entry entry(long id, long now) {
    byte[] bytes = seen.get(id);
    Entry entry = bytes == null ? null : Entry.decode(bytes);
    return entry == null || entry.end() <= now ? null : entry;
  }

  private static String key(long id) {
    return Long.toString(id);
  }
}
