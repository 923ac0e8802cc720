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
 * Totals of reactions, and which batches were added to them. Each value begins with its expiry time
 * (milliseconds since 1970). Disk thread only, but for {@link #totals}.
 */
final class EmbeddedReactionTotals {
  private static final long NUMBER_TTL = Duration.ofMinutes(10).toMillis();

  /** Numbers of one source that share an entry, one bit each. */
  private static final int BLOCK = 4_096;

  private final MVMap<String, byte[]> totals;
  private final MVMap<String, byte[]> numbers;
  private final ExpiryIndex expiry;

  EmbeddedReactionTotals(StoreMaps maps, ExpiryIndex expiry) {
    this.totals = maps.reactions();
    this.numbers = maps.numbers();
    this.expiry = expiry;
    expiry.onExpiry(ExpiryIndex.REACTIONS, (key, at, now) -> expired(totals, key, now));
    expiry.onExpiry(ExpiryIndex.NUMBERS, (key, at, now) -> expired(numbers, key, now));
  }

  Added add(int partition, List<Reactions> batches, long now, long ttl) {
    List<Boolean> known = new ArrayList<>(batches.size());
    Set<String> streams = new LinkedHashSet<>();
    Map<String, Map<String, Long>> sums = new HashMap<>();
    for (Reactions batch : batches) {
      boolean fresh = remember(partition, batch, now);
      known.add(!fresh);
      streams.addAll(batch.counts().keySet());
      if (fresh) {
        batch.counts().forEach((stream, counts) -> add(sums, stream, counts));
      }
    }
    Map<String, Map<String, Long>> all = totals(partition, streams, now);
    sums.forEach(
        (stream, counts) -> {
          add(all, stream, counts);
          write(key(partition, stream), all.getOrDefault(stream, Map.of()), now + ttl);
        });
    return new Added(known, all);
  }

  /** Any thread. */
  Map<String, Map<String, Long>> totals(int partition, Collection<String> streams, long now) {
    Map<String, Map<String, Long>> found = new HashMap<>();
    for (String stream : streams) {
      byte[] bytes = totals.get(key(partition, stream));
      if (bytes != null && expiryOf(bytes) > now) {
        found.put(stream, decode(bytes));
      }
    }
    return found;
  }

  /** The index holds a value where it first expired; it may live longer since. */
  private static @Nullable Long expired(MVMap<String, byte[]> map, String key, long now) {
    byte[] bytes = map.get(key);
    if (bytes != null && expiryOf(bytes) > now) {
      return expiryOf(bytes);
    }
    map.remove(key);
    return null;
  }

  /** Returns false if the batch had been added before. */
  private boolean remember(int partition, Reactions batch, long now) {
    String key = partition + "/" + batch.number() / BLOCK + "/" + batch.source();
    byte[] old = numbers.get(key);
    byte[] bits = new byte[8 + BLOCK / 8];
    if (old == null) {
      expiry.add(ExpiryIndex.NUMBERS, key, now + NUMBER_TTL);
    } else if (expiryOf(old) > now) {
      System.arraycopy(old, 0, bits, 0, bits.length);
    }
    int bit = (int) (batch.number() % BLOCK);
    int mask = 1 << (bit % 8);
    boolean fresh = (bits[8 + bit / 8] & mask) == 0;
    bits[8 + bit / 8] |= (byte) mask;
    ByteBuffer.wrap(bits).putLong(now + NUMBER_TTL);
    numbers.put(key, bits);
    return fresh;
  }

  private static void add(
      Map<String, Map<String, Long>> sums, String stream, Map<String, Long> counts) {
    Map<String, Long> sum = sums.computeIfAbsent(stream, s -> new TreeMap<>());
    counts.forEach((kind, count) -> sum.merge(kind, count, Long::sum));
  }

  private void write(String key, Map<String, Long> counts, long end) {
    StringBuilder text = new StringBuilder();
    counts.forEach((kind, count) -> text.append(kind).append(' ').append(count).append('\n'));
    byte[] bytes = text.toString().getBytes(US_ASCII);
    byte[] old =
        totals.put(key, ByteBuffer.allocate(8 + bytes.length).putLong(end).put(bytes).array());
    if (old == null) {
      expiry.add(ExpiryIndex.REACTIONS, key, end);
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

  private static long expiryOf(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }

  private static String key(int partition, String stream) {
    return partition + "/" + stream;
  }
}
