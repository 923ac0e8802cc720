package io.ovation.moderation;

import io.ovation.store.SharedTable;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A purge that is to be repeated, as a row of the shared table. The row of an erasure crosses to
 * the other regions; each region has a row of its own that says which erasure it has done.
 *
 * @param stream or {@link Ban#ALL_STREAMS}
 * @param erasure its id; empty for a purge in this region
 */
record PendingPurge(String stream, String user, String erasure) {
  /** Begins the key of an erasure; the user follows. */
  static final String ERASE = "e/";

  /** Begins the key of the row whose value is the last erasure that this region has done. */
  static final String ERASED = SharedTable.OWN_REGION + "erased/";

  private static final String PURGE = SharedTable.OWN_REGION + "purge/";
  private static final Duration PURGE_TTL = Duration.ofHours(1);

  static PendingPurge of(String stream, String user) {
    return new PendingPurge(stream, user, "");
  }

  static PendingPurge erasure(String user) {
    return new PendingPurge(Ban.ALL_STREAMS, user, UUID.randomUUID().toString());
  }

  /** What a row asks for; null if it is something else. */
  static @Nullable PendingPurge read(String key, String value) {
    if (key.startsWith(ERASE)) {
      return new PendingPurge(Ban.ALL_STREAMS, key.substring(ERASE.length()), value);
    }
    if (key.startsWith(PURGE)) {
      String[] parts = key.substring(PURGE.length()).split("/", 2);
      return of(parts[0], parts[1]);
    }
    return null;
  }

  boolean isErasure() {
    return !erasure.isEmpty();
  }

  String key() {
    return isErasure() ? ERASE + user : PURGE + stream + "/" + user;
  }

  String value() {
    return isErasure() ? erasure : "1";
  }

  /** An erasure is kept for as long as it may be on its way to another region. */
  Duration ttl() {
    return isErasure() ? SharedTable.REMOVAL : PURGE_TTL;
  }
}
