package io.ovation.packages;

import io.ovation.store.Store;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The packages' states in the store, one versioned record per id. A record expires {@code ttl}
 * ({@code packages.ttl}) after its last change. Leases and pauses are in the store's time. Any
 * thread; fails with {@code StoreUnavailable}, after which a write may have taken effect.
 */
record PackageStateRepository(Store store, Duration ttl, LongSupplier monotonicMs) {
  private static final String PREFIX = "package:";

  PackageStateRepository(Store store, Duration ttl) {
    this(store, ttl, () -> System.nanoTime() / 1_000_000);
  }

  /** The store's clock, read once and then advanced by this process's monotonic clock. */
  Future<InstantSource> clock() {
    return store
        .now()
        .map(
            now -> {
              long ahead = now - monotonicMs.getAsLong();
              return () -> Instant.ofEpochMilli(monotonicMs.getAsLong() + ahead);
            });
  }

  /** A state and its version, which a change must name. */
  record Entry(long version, PackageState state) {
    static Entry of(Store.Versioned found) {
      return new Entry(found.version(), new PackageState(new JsonObject(found.value())));
    }
  }

  /**
   * @param mine the record as written; null if the write did not succeed
   * @param others the record that prevented the write; null if there was none
   */
  record Written(@Nullable Entry mine, @Nullable Entry others) {}

  Future<Optional<Entry>> read(String id) {
    return store.read(PREFIX + id).map(found -> found.map(Entry::of));
  }

  /**
   * Writes {@code next} if the record's version is still {@code version} (0: there is no record).
   *
   * <p>A write whose answer was lost may be repeated: it is recognised by its content, which no
   * other writer would write.
   */
  Future<Written> write(long version, PackageState next) {
    String value = next.json().encode();
    return store
        .compareAndSet(PREFIX + next.id(), version, value, ttl)
        .map(
            found -> {
              if (found.version() == version + 1 && found.value().equals(value)) {
                return new Written(new Entry(version + 1, next), null);
              }
              return new Written(null, found.version() == 0 ? null : Entry.of(found));
            });
  }
}
