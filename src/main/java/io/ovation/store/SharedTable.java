package io.ovation.store;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;

/**
 * A table of short rows that every node keeps a copy of: nodes ask for what changed since they last
 * asked. Each row has an end, by the store's clock. For data of the installation that is read for
 * each comment and changes rarely, such as bans.
 *
 * <p>Threads and failures as in {@link Store}.
 */
public interface SharedTable {
  /** The most rows, removals included; further ones are refused. */
  int MAX_ROWS = 200_000;

  /** How long a removal is remembered for nodes that were cut off. */
  Duration REMOVAL = Duration.ofHours(1);

  /** The rows of one answer. */
  int PAGE = 1_000;

  /**
   * @param leftMs milliseconds until its end, 0 if it has ended
   * @param value empty if the row was removed
   */
  record Row(String key, long version, long leftMs, String value) {
    public boolean gone() {
      return leftMs == 0 || value.isEmpty();
    }
  }

  /**
   * @param version the table's version; lower than one that was seen if the store lost its data
   * @param forgotten removals up to this version may be missing
   * @param rows in the order of their versions; {@link #PAGE} of them if there may be more
   */
  record Changes(long version, long forgotten, List<Row> rows) {}

  /**
   * Sets a row, or replaces it.
   *
   * @param value not empty
   * @return the row's version; 0 if the table is full and nothing was set
   */
  Future<Long> put(String key, String value, Duration ttl);

  /** Removes a row, if it exists. */
  Future<Long> remove(String key);

  /** The rows that were set or removed after the version {@code since}. */
  Future<Changes> changes(long since);
}
