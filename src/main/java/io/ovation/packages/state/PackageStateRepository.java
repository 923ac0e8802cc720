package io.ovation.packages.state;

import io.ovation.store.Store;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The packages' states in the store, one versioned record for each id. A record is forgotten {@code
 * packages.ttl} after its last change. Any thread; fails with {@code StoreUnavailable}, and a write
 * may have taken effect then.
 */
public final class PackageStateRepository {
  private static final String PREFIX = "package:";

  private final Store store;
  private final Duration ttl;

  public PackageStateRepository(Store store, Duration ttl) {
    this.store = store;
    this.ttl = ttl;
  }

  /** A state and the version that whoever changes it must name. */
  public record Entry(long version, PackageState state) {}

  public Future<Optional<Entry>> read(String id) {
    return store.read(PREFIX + id).map(found -> found.map(PackageStateRepository::entry));
  }

  /**
   * Writes {@code next} if the record's version is still {@code version} (0: there is none).
   *
   * <p>A write whose answer was lost may simply be made again: it is recognised by its content,
   * which no other writer would write.
   */
  public Future<Written> write(long version, PackageState next) {
    String value = PackageStateJson.stored(next);
    return store
        .compareAndSet(PREFIX + next.id(), version, value, ttl)
        .map(
            there -> {
              if (there.version() == version + 1 && there.value().equals(value)) {
                return new Written(new Entry(version + 1, next), null);
              }
              return new Written(null, there.version() == 0 ? null : entry(there));
            });
  }

  /**
   * @param mine what is there now, if the write won
   * @param others what stood in its way, if it did not; null if the record is gone
   */
  public record Written(@Nullable Entry mine, @Nullable Entry others) {}

  private static Entry entry(Store.Versioned there) {
    return new Entry(there.version(), PackageStateJson.read(there.value()));
  }
}
