package io.ovation.dispatch.reactions;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * A stream's totals as the store has them: this region's own by kind, those of others by {@code
 * region/kind}.
 */
public final class RegionTotals {
  private RegionTotals() {}

  /** The sum of all regions, by kind: what viewers see. */
  public static Map<String, Long> sum(Map<String, Long> stored) {
    Map<String, Long> sums = new TreeMap<>();
    stored.forEach(
        (field, count) -> sums.merge(field.substring(field.indexOf('/') + 1), count, Long::sum));
    return sums;
  }

  /** What other regions may get. */
  static Map<String, Long> own(Map<String, Long> stored) {
    Map<String, Long> own = new TreeMap<>(stored);
    own.keySet().removeIf(field -> field.indexOf('/') >= 0);
    return own;
  }

  /** How much the sums have grown. */
  static Map<String, Long> growth(Map<String, Long> before, Map<String, Long> now) {
    Map<String, Long> growth = sum(now);
    sum(before).forEach((kind, count) -> growth.merge(kind, -count, Long::sum));
    growth.values().removeIf(count -> count <= 0);
    return growth;
  }

  /**
   * Each region's totals.
   *
   * @param region the name of this one
   */
  public static Map<String, Map<String, Long>> byRegion(String region, Map<String, Long> stored) {
    Map<String, Map<String, Long>> regions = new TreeMap<>();
    BiConsumer<String, Long> add =
        (field, count) -> {
          int slash = field.indexOf('/');
          regions
              .computeIfAbsent(slash < 0 ? region : field.substring(0, slash), r -> new TreeMap<>())
              .put(field.substring(slash + 1), count);
        };
    stored.forEach(add);
    return regions;
  }
}
