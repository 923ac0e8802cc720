package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Append;
import io.ovation.store.Store.EventId;
import io.ovation.store.Store.Origin;
import java.util.List;

/**
 * The names of the store's keys in Redis. Keys of a partition carry its hash tag, so that one
 * script touches one slot. Changing a name loses what was written under the old one.
 */
final class RedisKeys {
  private static final String LIVE = "ov:{live}:";

  /** Before an object's number: when it was last seen; expires. */
  static final String SIGHTING = LIVE + "o:";

  static final String BY_EXPIRY = LIVE + "expiry";
  static final String BY_ID = LIVE + "ids";

  /** Objects that had a sighting, by the time that is forgotten. */
  static final String SEEN_BEFORE = LIVE + "heard";

  /** Written by {@code probe.lua}, and gone at once. */
  static final String PROBE = "ov:probe";

  /** Matches the histories of all streams. */
  static final String ALL_HISTORIES = "ov:{p*}:h:*";

  /** The shared table: versions, rows, ends, state. */
  static final List<String> TABLE =
      List.of("ov:{table}:versions", "ov:{table}:rows", "ov:{table}:ends", "ov:{table}:state");

  private RedisKeys() {}

  static String epoch(int partition) {
    return tag(partition) + "epoch";
  }

  /** A stream's {@link #state}, history and holes. */
  static List<String> stream(int partition, String stream) {
    String tag = tag(partition);
    return List.of(state(partition, stream), history(partition, stream), tag + "g:" + stream);
  }

  /** The offsets given out; outlives history. */
  static String state(int partition, String stream) {
    return tag(partition) + "s:" + stream;
  }

  /**
   * Remembers one id. A stream's name has no slash, and the user's length says where the id begins,
   * so no two (stream, user, id) share a key whatever they contain.
   */
  static String id(int partition, Append item) {
    Origin origin = item.origin();
    return origin == null
        ? id(partition, item.stream(), item.user(), item.id())
        : tag(partition) + "j:" + item.stream() + "/" + origin.offset() + "/" + origin.region();
  }

  static String id(EventId id) {
    return id(id.partition(), id.stream(), id.user(), id.id());
  }

  static String id(int partition, String stream, String user, String id) {
    int length = user.getBytes(UTF_8).length;
    return tag(partition) + "i:" + stream + "/" + length + "/" + user + "/" + id;
  }

  /** What is pinned to a stream. */
  static String pins(int partition, String stream) {
    return tag(partition) + "k:" + stream;
  }

  static String history(int partition, String stream) {
    return tag(partition) + "h:" + stream;
  }

  /** A stream's totals of reactions. */
  static String reactions(int partition, String stream) {
    return tag(partition) + "r:" + stream;
  }

  /** Bitmap of the numbers of a source's batches that were added. */
  static String numbers(int partition, String source, long block) {
    return tag(partition) + "n:" + block + ":" + source;
  }

  static String record(String key) {
    return "ov:v:" + key;
  }

  static String fact(String key) {
    return "ov:f:" + key;
  }

  private static String tag(int partition) {
    return "ov:{p" + partition + "}:";
  }
}
