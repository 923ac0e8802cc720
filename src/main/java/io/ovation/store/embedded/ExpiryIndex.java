package io.ovation.store.embedded;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * What expires when: one ordered map of {@code expiry time as 16 hex digits, kind, key}. Each value
 * also holds its own expiry time and is invisible from then on; this index is how its space is
 * reclaimed, in steps. Disk thread only, but for {@link #due}.
 */
final class ExpiryIndex {
  static final char ID = 'i';

  static final char RECORD = 'r';
  static final char STREAM = 's';
  static final char REACTIONS = 't';
  static final char NUMBERS = 'n';
  static final char SIGHTING = 'o';
  static final char SEEN_BEFORE = 'h';
  static final char PIN = 'p';
  static final char ROW = 'w';
  static final char ORIGIN = 'm';

  private final MVMap<String, String> map;
  private final Map<Character, OnExpiry> handlers = new HashMap<>();

  /** Removes an expired key; returns when to look again, or null if all of it is removed. */
  interface OnExpiry {
    @Nullable Long expired(String key, long indexed, long now);
  }

  ExpiryIndex(MVMap<String, String> map) {
    this.map = map;
  }

  void onExpiry(char kind, OnExpiry handler) {
    handlers.put(kind, handler);
  }

  void add(char kind, String key, long due) {
    map.put(entry(kind, key, due), "");
  }

  void remove(char kind, String key, long due) {
    map.remove(entry(kind, key, due));
  }

  /** Whether {@link #purge} has something to do. Any thread. */
  boolean due(long now) {
    String first = map.firstKey();
    return first != null && time(first) <= now;
  }

  /** Handles at most {@code limit} expired keys. */
  void purge(long now, int limit) {
    for (int n = 0; n < limit && due(now); n++) {
      String first = map.firstKey();
      map.remove(first);
      OnExpiry handler = handlers.get(first.charAt(16));
      String key = first.substring(17);
      Long again = handler == null ? null : handler.expired(key, time(first), now);
      if (again != null) {
        add(first.charAt(16), key, again);
      }
    }
  }

  private static long time(String entry) {
    return Long.parseLong(entry.substring(0, 16), 16);
  }

  private static String entry(char kind, String key, long due) {
    return HexFormat.of().toHexDigits(due) + kind + key;
  }
}
