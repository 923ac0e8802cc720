package io.ovation.store.embedded;

import io.ovation.store.HistoryLimits;
import io.ovation.store.LastSeenIndex;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sightings in a map ordered by number. */
final class EmbeddedLastSeenIndex implements LastSeenIndex {
  private static final byte[] NONE = new byte[0];

  private final ExpiringMap<Long> seen;

  /** Objects of which it is known that they had an entry. */
  private final ExpiringMap<Long> seenBefore;

  private final DiskOperations operations;

  EmbeddedLastSeenIndex(StoreMaps maps, DiskOperations operations) {
    this.seen = maps.expiringByNumber("store.sightings", ExpiryIndex.SIGHTING);
    this.seenBefore = maps.expiringByNumber("store.seen_before", ExpiryIndex.SEEN_BEFORE);
    this.operations = operations;
  }

  @Override
  public Future<List<Long>> see(List<Sighting> sightings, Duration ttl) {
    List<Sighting> batch = List.copyOf(sightings);
    long end = operations.now() + HistoryLimits.millis(ttl);
    return operations.write(
        2 * batch.size(),
        now -> {
          List<Long> left = new ArrayList<>(batch.size());
          for (Sighting sighting : batch) {
            left.add(Math.max(1, see(sighting, now, end) - now));
            rememberSeen(sighting.id(), now);
          }
          return left;
        });
  }

  /** Returns when the entry expires. */
  private long see(Sighting sighting, long now, long end) {
    ByteBuffer before = seen.get(sighting.id(), now);
    if (before != null && ExpiringMap.expiry(before) >= end) {
      return ExpiringMap.expiry(before);
    }
    byte[] lastSeen = ByteBuffer.allocate(Long.BYTES).putLong(sighting.lastSeenMs()).array();
    seen.put(sighting.id(), end, lastSeen);
    return end;
  }

  /** Rewritten only when half of its time has passed. */
  private void rememberSeen(long id, long now) {
    if (seenBefore.get(id, now + MEMORY.toMillis() / 2) == null) {
      seenBefore.put(id, now + MEMORY.toMillis(), NONE);
    }
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
          Iterator<Long> ids = seen.map().keyIterator(after == null ? Long.MIN_VALUE : after + 1);
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
    ByteBuffer entry = seen.get(id, now);
    if (entry != null) {
      return ExpiringMap.expiry(entry) - now;
    }
    return seenBefore.get(id, now) == null ? UNHEARD : GONE;
  }

  @Override
  public Future<Long> count() {
    return operations.lookUp(now -> seen.map().sizeAsLong());
  }

  private @Nullable Sighting sighting(long id, long now) {
    ByteBuffer entry = seen.get(id, now);
    return entry == null ? null : new Sighting(id, entry.getLong());
  }
}
