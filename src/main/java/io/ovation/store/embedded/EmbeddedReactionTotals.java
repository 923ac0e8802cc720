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

/**
 * Totals of reactions, and which batches were added to them. Disk thread only, but for {@link
 * #totals}.
 */
final class EmbeddedReactionTotals {
  private static final long NUMBER_TTL = Duration.ofMinutes(10).toMillis();

  /** Numbers of one source that share an entry, one bit each. */
  private static final int BLOCK = 4_096;

  private final ExpiringMap<String> totals;
  private final ExpiringMap<String> numbers;

  EmbeddedReactionTotals(StoreMaps maps) {
    this.totals = maps.expiring("store.reactions", ExpiryIndex.REACTIONS);
    this.numbers = maps.expiring("store.numbers", ExpiryIndex.NUMBERS);
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

  Map<String, Map<String, Long>> merge(
      int partition, String region, Map<String, Map<String, Long>> theirs, long now, long ttl) {
    Map<String, Map<String, Long>> all = totals(partition, theirs.keySet(), now);
    theirs.forEach(
        (stream, counts) -> {
          Map<String, Long> sum = all.computeIfAbsent(stream, s -> new TreeMap<>());
          counts.forEach((kind, count) -> sum.merge(region + "/" + kind, count, Math::max));
          write(key(partition, stream), sum, now + ttl);
        });
    return all;
  }

  /** Any thread. */
  Map<String, Map<String, Long>> totals(int partition, Collection<String> streams, long now) {
    Map<String, Map<String, Long>> found = new HashMap<>();
    for (String stream : streams) {
      ByteBuffer value = totals.get(key(partition, stream), now);
      if (value != null) {
        found.put(stream, decode(US_ASCII.decode(value).toString()));
      }
    }
    return found;
  }

  /** Returns false if the batch had been added before. */
  private boolean remember(int partition, Reactions batch, long now) {
    String key = partition + "/" + batch.number() / BLOCK + "/" + batch.source();
    ByteBuffer old = numbers.get(key, now);
    byte[] bits = new byte[BLOCK / 8];
    if (old != null) {
      old.get(bits);
    }
    int bit = (int) (batch.number() % BLOCK);
    int mask = 1 << (bit % 8);
    boolean fresh = (bits[bit / 8] & mask) == 0;
    bits[bit / 8] |= (byte) mask;
    numbers.put(key, now + NUMBER_TTL, bits);
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
    totals.put(key, end, text.toString().getBytes(US_ASCII));
  }

  private static Map<String, Long> decode(String text) {
    Map<String, Long> counts = new TreeMap<>();
    text.lines()
        .forEach(
            line -> {
              int blank = line.indexOf(' ');
              counts.put(line.substring(0, blank), Long.parseLong(line.substring(blank + 1)));
            });
    return counts;
  }

  private static String key(int partition, String stream) {
    return partition + "/" + stream;
  }
}
