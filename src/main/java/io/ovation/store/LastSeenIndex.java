package io.ovation.store;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When numbered objects were last seen. An entry vanishes by itself when its time to live is over,
 * to the millisecond of the store's own clock; nobody cleans up. Entries can be listed in the order
 * of their numbers without a look at anything else the store keeps.
 *
 * <p>Threads and failures as in {@link Store}.
 */
public interface LastSeenIndex {

  /** So long, at least half of it, it is known that an entry once was there. */
  Duration MEMORY = Duration.ofDays(1);

  /** {@link #states}: the entry is gone. */
  long GONE = 0;

  /** {@link #states}: there never was one, or it is long forgotten. */
  long UNHEARD = -1;

  /** The most numbers of one call. */
  int MAX_BATCH = 1_000;

  /**
   * @param lastSeenMs milliseconds since 1970, by the clock of whoever saw it
   */
  record Sighting(long id, long lastSeenMs) {}

  /**
   * @param next the number to go on after, or null if there is nothing more
   */
  record Page(List<Sighting> sightings, @Nullable Long next) {}

  /**
   * Keeps each for {@code ttl} from this call on, however long the write takes. An entry that lives
   * longer already stays as it is, so that a write that was held up takes nothing back.
   *
   * @param seen at most {@link #MAX_BATCH}
   * @return milliseconds until each vanishes, in the same order
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
   * What is known of each, in the same order: milliseconds until it vanishes, {@link #GONE} or
   * {@link #UNHEARD}.
   *
   * @param ids at most {@link #MAX_BATCH}
   */
  Future<List<Long>> states(List<Long> ids);

  /** How many entries there are. The local file may count some for a second too long. */
  Future<Long> count();
}
