package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ovation.store.Store.Append;
import io.ovation.store.Store.Kept;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import org.h2.mvstore.MVMap;

/**
 * The events and holes of all streams in one ordered map. A key is {@code partition/stream/}, the
 * offset as 16 hex digits, then {@code b} for an event, or {@code a} and the first offset for a
 * hole: so a hole comes before an event of the same offset. Disk thread only.
 */
final class HistoryEntries {
  private static final byte[] NONE = new byte[0];
  private static final byte[] TOMBSTONE = {'-'};

  /** Bytes in front of user, id and body. */
  private static final int LENGTHS = 8;

  private final MVMap<String, byte[]> map;

  HistoryEntries(MVMap<String, byte[]> map) {
    this.map = map;
  }

  /** Returns the size that counts against history's bound: user, id and body in bytes. */
  int putEvent(String stream, long offset, Append item) {
    byte[] user = item.user().getBytes(UTF_8);
    byte[] id = item.id().getBytes(UTF_8);
    byte[] body = item.hidden() ? TOMBSTONE : item.body();
    ByteBuffer out =
        ByteBuffer.allocate(LENGTHS + user.length + id.length + body.length)
            .putInt(user.length)
            .putInt(id.length)
            .put(user)
            .put(id)
            .put(body);
    map.put(key(stream, offset) + "b", out.array());
    return out.capacity() - LENGTHS;
  }

  /** Returns the event's size as {@link #putEvent} did, -1 if there is none at the offset. */
  int removeEvent(String stream, long offset) {
    byte[] old = map.remove(key(stream, offset) + "b");
    return old == null ? -1 : old.length - LENGTHS;
  }

  /** Returns false if the same hole exists. */
  boolean putHole(String stream, long from, long to) {
    return map.put(key(stream, to) + "a" + hex(from), NONE) == null;
  }

  List<Kept> read(String stream, long from, int limit) {
    List<Kept> kept = new ArrayList<>();
    for (String key : keys(stream, from, Long.MAX_VALUE, limit)) {
      byte[] bytes = map.get(key);
      if (bytes != null) {
        kept.add(decode(key, stream, bytes));
      }
    }
    return kept;
  }

  /** The newest entries below {@code before}, the newest first. */
  List<Kept> readBackwards(String stream, long before, int limit) {
    List<Kept> kept = new ArrayList<>();
    String prefix = stream + "/";
    String key = map.lowerKey(key(stream, Math.max(0, before)));
    while (kept.size() < limit && key != null && key.startsWith(prefix)) {
      byte[] bytes = map.get(key);
      if (bytes != null && bytes.length > 0) {
        kept.add(decode(key, stream, bytes));
      }
      key = map.lowerKey(key);
    }
    return kept;
  }

  /** Removes the oldest entries up to {@code offset}, at most {@code limit}; returns how many. */
  int removeThrough(String stream, long offset, int limit) {
    List<String> keys = keys(stream, 0, offset, limit);
    keys.forEach(map::remove);
    return keys.size();
  }

  /** What {@link #removeOldest} removed: everything up to {@code offset}. */
  record Removed(long offset, int entries, long bytes) {}

  /**
   * Removes the oldest entries above {@code after} until at least {@code entries} of them and
   * {@code bytes} are removed. The entry at {@code newest} is never removed for its bytes alone;
   * entries of one offset are removed together.
   */
  Removed removeOldest(String stream, long after, long newest, long entries, long bytes) {
    List<String> keys = new ArrayList<>();
    long freed = 0;
    long through = after;
    Iterator<String> iterator = map.keyIterator(key(stream, after + 1));
    while (iterator.hasNext()) {
      String key = iterator.next();
      if (!key.startsWith(stream + "/")) {
        break;
      }
      long offset = offset(key, stream);
      boolean enough = keys.size() >= entries && (freed >= bytes || offset >= newest);
      if (enough && offset > through) {
        break;
      }
      through = offset;
      keys.add(key);
      byte[] old = map.get(key);
      freed += old == null ? 0 : Math.max(0, old.length - LENGTHS);
    }
    keys.forEach(map::remove);
    return new Removed(through, keys.size(), freed);
  }

  private List<String> keys(String stream, long from, long to, int limit) {
    List<String> keys = new ArrayList<>();
    Iterator<String> iterator = map.keyIterator(key(stream, from));
    String prefix = stream + "/";
    while (keys.size() < limit && iterator.hasNext()) {
      String key = iterator.next();
      if (!key.startsWith(prefix) || offset(key, stream) > to) {
        break;
      }
      keys.add(key);
    }
    return keys;
  }

  private static Kept decode(String key, String stream, byte[] bytes) {
    long offset = offset(key, stream);
    int kind = stream.length() + 17;
    if (key.charAt(kind) == 'a') {
      return Kept.hole(Long.parseLong(key.substring(kind + 1), 16), offset);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    byte[] user = new byte[in.getInt()];
    byte[] id = new byte[in.getInt()];
    in.get(user).get(id);
    byte[] body = new byte[in.remaining()];
    in.get(body);
    return new Kept(offset, offset, new String(user, UTF_8), new String(id, UTF_8), body);
  }

  private static long offset(String key, String stream) {
    int begin = stream.length() + 1;
    return Long.parseLong(key.substring(begin, begin + 16), 16);
  }

  private static String key(String stream, long offset) {
    return stream + "/" + hex(offset);
  }

  private static String hex(long number) {
    return HexFormat.of().toHexDigits(number);
  }
}
