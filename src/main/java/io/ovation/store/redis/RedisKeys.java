package io.ovation.store.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Append;

/**
 * The names of the store's keys in Redis. Keys of a partition carry its hash tag, so that one
 * script touches one slot. Changing a name loses what was written under the old one.
 */
final class RedisKeys {
  private static final String LIVE = "ov:{live}:";

  /** What {@code sightings.lua} puts before a number to get the key of its sighting. */
  static final String SIGHTING = LIVE + "o:";

  private RedisKeys() {}

  static byte[] epoch(int partition) {
    return utf8(tag(partition) + "epoch");
  }

  /** The offsets given out; outlives history. */
  static byte[] state(int partition, String stream) {
    return utf8(tag(partition) + "s:" + stream);
  }

  static byte[] history(int partition, String stream) {
    return utf8(tag(partition) + "h:" + stream);
  }

  static byte[] holes(int partition, String stream) {
    return utf8(tag(partition) + "g:" + stream);
  }

  /**
   * Remembers one id. A stream's name has no slash, and the user's length says where the id begins,
   * so no two (stream, user, id) share a key whatever they contain.
   */
  static byte[] id(int partition, Append item) {
    int length = item.user().getBytes(UTF_8).length;
    return utf8(
        tag(partition) + "i:" + item.stream() + "/" + length + "/" + item.user() + "/" + item.id());
  }

  /** A stream's totals of reactions. */
  static byte[] reactions(int partition, String stream) {
    return utf8(tag(partition) + "r:" + stream);
  }

  /** Bitmap of the numbers of a source's batches that were added. */
  static byte[] numbers(int partition, String source, long block) {
    return utf8(tag(partition) + "n:" + block + ":" + source);
  }

  /** A versioned record. */
  static byte[] record(String key) {
    return utf8("ov:v:" + key);
  }

  /** A fact of the installation. */
  static byte[] fact(String key) {
    return utf8("ov:f:" + key);
  }

  /** When an object was last seen; expires. */
  static byte[] sighting(long id) {
    return utf8(SIGHTING + id);
  }

  /** Sightings by the time they expire. */
  static byte[] sightingsByExpiry() {
    return utf8(LIVE + "expiry");
  }

  /** Sightings by number. */
  static byte[] sightingsById() {
    return utf8(LIVE + "ids");
  }

  /** Objects that had a sighting, by the time that is forgotten. */
  static byte[] seenBefore() {
    return utf8(LIVE + "heard");
  }

  private static String tag(int partition) {
    return "ov:{p" + partition + "}:";
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}
