package io.ovation.dispatch;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What arrives from other regions, by the region that accepted it. */
final class ArrivalMetrics {
  /** For regions that send to this one and are not configured here, so that labels stay few. */
  private static final String UNKNOWN = "other";

  private final Map<String, Counters> regions = new TreeMap<>();
  private final Counters unknown;

  private record Counters(Counter arrived, Counter duplicates, Counter gaps) {}

  /**
   * @param others the regions that are configured
   */
  ArrivalMetrics(Metrics metrics, List<String> others) {
    others.forEach(region -> regions.put(region, counters(metrics, region)));
    unknown = counters(metrics, UNKNOWN);
  }

  private static Counters counters(Metrics metrics, String region) {
    return new Counters(
        metrics.counter(
            "ovation.region.arrived", "Events of the other region dispatched", "region", region),
        metrics.counter(
            "ovation.region.duplicates",
            "Events of the other region that had arrived before",
            "region",
            region),
        metrics.counter(
            "ovation.region.gaps",
            "Holes in what arrived from the other region; each becomes a gap",
            "region",
            region));
  }

  private Counters of(String region) {
    return regions.getOrDefault(region, unknown);
  }

  void duplicate(String region) {
    of(region).duplicates.increment();
  }

  void sent(String region, boolean afterHole) {
    Counters counters = of(region);
    counters.arrived.increment();
    counters.gaps.increment(afterHole ? 1 : 0);
  }

  /** By region, since this node started. */
  Map<String, Long> duplicates() {
    return regions.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, region -> (long) region.getValue().duplicates.count()));
  }
}
