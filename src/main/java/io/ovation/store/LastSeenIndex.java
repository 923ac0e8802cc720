package io.ovation.store;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When numbered objects were last seen. An entry expires by itself at the end of its time to live,
 * to the millisecond of the store's own clock; there is no clean-up job. Entries can be listed in
 * the order of their numbers without scanning the rest of the store.
 *
 * <p>Threads and failures as in {@link Store}.
 */
public interface LastSeenIndex {

  /** How long, at least half of it, an expired entry is told apart from one that never existed. */
  Duration MEMORY = Duration.ofDays(1);

  /** {@link #states}: the entry has expired. */
  long GONE = 0;

  /** {@link #states}: no entry existed within {@link #MEMORY}. */
  long UNHEARD = -1;

  /** The most numbers of one call. */
  int MAX_BATCH = 1_000;

  /**
   * @param lastSeenMs milliseconds since 1970, by the clock of the node that saw it
   */
  record Sighting(long id, long lastSeenMs) {}

  /**
   * @param next the number after which the next page begins, or null at the end
   */
  record Page(List<Sighting> sightings, @Nullable Long next) {}

  /**
   * Writes entries that live for {@code ttl} from this call on, however long the write takes. An
   * entry that already lives longer is left as it is, so that a delayed write never overwrites a
   * newer one.
   *
   * @param seen at most {@link #MAX_BATCH}
   * @return milliseconds until each expires, in the same order
   */
  Future<List<Long>> see(List<Sighting> seen, Duration ttl);

  Future<Optional<Sighting>> find(long id);

  /**
   * The entries above {@code after}, or from the lowest on, in the order of their numbers. A page
   * may be shorter than {@code limit} and still have a {@code next}.
   *
   * @param limit 1 to {@link #MAX_BATCH}
   */
  Future<Page> page(@Nullable Long after, int limit);

  /**
   * The state of each object, in the same order: milliseconds until it expires, {@link #GONE} or
   * {@link #UNHEARD}.
   *
   * @param ids at most {@link #MAX_BATCH}
   */
  Future<List<Long>> states(List<Long> ids);

  /** The number of entries. The local file may count expired ones for up to a second. */
  Future<Long> count();
}
