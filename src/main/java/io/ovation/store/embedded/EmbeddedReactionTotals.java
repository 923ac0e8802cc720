package io.ovation.store.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ovation.store.Store.Added;
import io.ovation.store.Store.Reactions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.h2.mvstore.MVMap;
import org.jspecify.annotations.Nullable;

/**
 * Totals of reactions, and which batches they hold. Both are written behind the time they end
 * (milliseconds since 1970). Disk thread only, but for {@link #totals}.
 */
final class EmbeddedReactionTotals {
  private static final long REMEMBERED = Duration.ofMinutes(10).toMillis();

  /** Numbers of one source that share an entry: a bit each. */
  private static final int BLOCK = 4_096;

  private final MVMap<String, byte[]> totals;
  private final MVMap<String, byte[]> numbers;
  private final ExpiryIndex due;

  EmbeddedReactionTotals(StoreMaps maps, ExpiryIndex due) {
    this.totals = maps.reactions();
    this.numbers = maps.numbers();
    this.due = due;
  }

  Added add(int partition, List<Reactions> batches, long now, long ttl) {
    List<Boolean> known = new ArrayList<>(batches.size());
    Set<String> named = new LinkedHashSet<>();
    Map<String, Map<String, Long>> sums = new HashMap<>();
    for (Reactions batch : batches) {
      boolean fresh = remember(partition, batch, now);
      known.add(!fresh);
      named.addAll(batch.counts().keySet());
      if (fresh) {
        batch.counts().forEach((stream, counts) -> add(sums, stream, counts));
      }
    }
    Map<String, Map<String, Long>> before = totals(partition, named, now);
    sums.forEach(
        (stream, counts) -> {
          add(before, stream, counts);
          write(key(partition, stream), before.getOrDefault(stream, Map.of()), now + ttl);
        });
    return new Added(known, before);
  }

  /** Any thread. */
  Map<String, Map<String, Long>> totals(int partition, Collection<String> streams, long now) {
    Map<String, Map<String, Long>> found = new HashMap<>();
    for (String stream : streams) {
      byte[] bytes = totals.get(key(partition, stream));
      if (bytes != null && ends(bytes) > now) {
        found.put(stream, decode(bytes));
      }
    }
    return found;
  }

  /** {@link ExpiryIndex.Ending} of either kind. */
  static @Nullable Long end(MVMap<String, byte[]> map, String key, long now) {
    byte[] bytes = map.get(key);
    if (bytes != null && ends(bytes) > now) {
      return ends(bytes);
    }
    map.remove(key);
    return null;
  }

  /** False if it was remembered. */
  private boolean remember(int partition, Reactions batch, long now) {
    String key = partition + "/" + batch.number() / BLOCK + "/" + batch.source();
    byte[] old = numbers.get(key);
    byte[] bits = new byte[8 + BLOCK / 8];
    if (old == null) {
      due.add(ExpiryIndex.NUMBERS, key, now + REMEMBERED);
    } else if (ends(old) > now) {
      System.arraycopy(old, 0, bits, 0, bits.length);
    }
    int bit = (int) (batch.number() % BLOCK);
    int mask = 1 << (bit % 8);
    boolean fresh = (bits[8 + bit / 8] & mask) == 0;
    bits[8 + bit / 8] |= (byte) mask;
    ByteBuffer.wrap(bits).putLong(now + REMEMBERED);
    numbers.put(key, bits);
    return fresh;
  }

  private static void add(
      Map<String, Map<String, Long>> sums, String stream, Map<String, Long> counts) {
    Map<String, Long> sum = sums.computeIfAbsent(stream, s -> new TreeMap<>());
    counts.forEach((kind, count) -> sum.merge(kind, count, Long::sum));
  }

  /** An entry is looked at when it was to end at first; it moves on then if it lives longer. */
  private void write(String key, Map<String, Long> counts, long end) {
    StringBuilder text = new StringBuilder();
    counts.forEach((kind, count) -> text.append(kind).append(' ').append(count).append('\n'));
    byte[] bytes = text.toString().getBytes(US_ASCII);
    byte[] old =
        totals.put(key, ByteBuffer.allocate(8 + bytes.length).putLong(end).put(bytes).array());
    if (old == null) {
      due.add(ExpiryIndex.REACTIONS, key, end);
    }
  }

  private static Map<String, Long> decode(byte[] bytes) {
    Map<String, Long> counts = new TreeMap<>();
    String text = new String(bytes, 8, bytes.length - 8, US_ASCII);
    text.lines()
        .forEach(
            line -> {
              int blank = line.indexOf(' ');
              counts.put(line.substring(0, blank), Long.parseLong(line.substring(blank + 1)));
            });
    return counts;
  }

  private static long ends(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }

  private static String key(int partition, String stream) {
    return partition + "/" + stream;
  }
}
