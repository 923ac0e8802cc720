package io.ovation.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import com.hazelcast.map.LocalMapStats;
import io.ovation.metrics.Metrics;
import java.util.function.ToLongFunction;

/** What this member holds of Hazelcast's distributed maps: registrations, and Vert.x's own. */
public final class HazelcastMetrics {
  private HazelcastMetrics() {}

  public static void register(HazelcastInstance hazelcast, Metrics metrics) {
    metrics.gauge(
        "ovation.hazelcast.map.entries",
        "Entries of distributed maps that this member holds, with those it holds as a backup",
        hazelcast,
        it -> sum(it, stats -> stats.getOwnedEntryCount() + stats.getBackupEntryCount()));
    metrics.gauge(
        "ovation.hazelcast.map.bytes",
        "Heap that these entries take",
        hazelcast,
        it -> sum(it, LocalMapStats::getHeapCost));
  }

  /** Local figures alone: it asks no other member. On the scraper's thread. */
  private static double sum(HazelcastInstance hazelcast, ToLongFunction<LocalMapStats> figure) {
    try {
      return hazelcast.getDistributedObjects().stream()
          .filter(IMap.class::isInstance)
          .mapToLong(map -> figure.applyAsLong(((IMap<?, ?>) map).getLocalMapStats()))
          .sum();
    } catch (HazelcastInstanceNotActiveException e) {
      return Double.NaN; // It is stopping.
    }
  }
}
