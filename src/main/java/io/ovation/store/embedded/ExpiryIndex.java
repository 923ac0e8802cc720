package io.ovation.store.embedded;

import java.util.HexFormat;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * What ends when: one ordered map of {@code due time as 16 hex digits, kind, key}. Expired things
 * are invisible at once by their own due time; this index is how their room is got back, in steps.
 * Disk thread only, but for {@link #due}.
 */
final class ExpiryIndex {
  /** One letter each, as written in the file. */
  static final char ID = 'i';

  static final char VALUE = 'k';
  static final char RECORD = 'r';
  static final char STREAM = 's';
  static final char REACTIONS = 't';
  static final char NUMBERS = 'n';
  static final char SIGHTING = 'o';
  static final char HEARD = 'h';

  private final MVMap<String, String> map;
  private final Map<Character, Ending> endings;

  /** Ends a key of one kind; returns when to look again, or null if all of it is gone. */
  interface Ending {
    @Nullable Long end(String key, long indexed, long now);
  }

  ExpiryIndex(MVMap<String, String> map, Map<Character, Ending> endings) {
    this.map = map;
    this.endings = endings;
  }

  void add(char kind, String key, long due) {
    map.put(entry(kind, key, due), "");
  }

  void remove(char kind, String key, long due) {
    map.remove(entry(kind, key, due));
  }

  /** Whether anything waits to be ended. Any thread. */
  boolean due(long now) {
    String first = map.firstKey();
    return first != null && time(first) <= now;
  }

  /** Ends at most {@code limit} things. */
  void purge(long now, int limit) {
    for (int n = 0; n < limit; n++) {
      String first = map.firstKey();
      if (first == null || time(first) > now) {
        return;
      }
      map.remove(first);
      char kind = first.charAt(16);
      String key = first.substring(17);
      Ending ending = endings.get(kind);
      Long again = ending == null ? null : ending.end(key, time(first), now);
      if (again != null) {
        add(kind, key, again);
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
