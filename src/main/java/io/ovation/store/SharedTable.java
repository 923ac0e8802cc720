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

  /**
   * How long a removal is remembered, for nodes that were cut off and for changes of other regions
   * that are on their way: an outbox holds them for at most 7 days.
   */
  Duration REMOVAL = Duration.ofDays(8);

  /** Rows whose keys begin so are not sent to other regions. */
  String OWN_REGION = "own/";

  /** The rows of one answer. */
  int PAGE = 1_000;

  /**
   * @param leftMs milliseconds until its end, 0 if it has ended
   * @param value empty if the row was removed
   * @param own this region made the change, so that its version is what {@link #put} returned
   */
  record Row(String key, long version, long leftMs, String value, boolean own) {
    public Row(String key, long version, long leftMs, String value) {
      this(key, version, leftMs, value, true);
    }

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
   * A row as another region set it.
   *
   * @param value empty if it was removed
   * @param endsMs by the clock of that region's store, milliseconds since 1970
   * @param ttl the most that it may still stay
   * @param stamp what {@link #put} or {@link #remove} returned there
   */
  record Foreign(String region, String key, String value, long endsMs, Duration ttl, long stamp) {}

  /** What {@link #merge} did with a row. */
  enum Merged {
    SET,
    /** The row has that change already, or a newer one. */
    OLDER,
    FULL
  }

  /**
   * Sets a row, or replaces it.
   *
   * @param value not empty
   * @return the row's version, above that of any change of it that this region has seen, in
   *     microseconds of the store's clock; 0 if the table is full and nothing was set
   */
  Future<Long> put(String key, String value, Duration ttl);

  /** Removes a row, if it exists, and returns the version of the removal. */
  Future<Long> remove(String key);

  /**
   * Takes in another region's change, if its stamp is above that of the row's last change; of equal
   * stamps the greater name of a region wins. So all regions end with the same rows, in whatever
   * order changes arrive.
   *
   * @param own the name of this region
   */
  Future<Merged> merge(String own, Foreign row);

  /** The rows that were set or removed after the version {@code since}. */
  Future<Changes> changes(long since);
}
