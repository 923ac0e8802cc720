package io.ovation.region;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;

/** What is carried over to one region. */
final class RegionMetrics {
  final Counter forwarded;
  final Counter states;
  final Counter items;
  final Counter dropped;
  final Counter retries;
  final Counter poison;
  final Timer forward;

  RegionMetrics(Metrics metrics, String region) {
    forwarded =
        metrics.counter(
            "ovation.region.forwarded", "Events that the region's queue has", "region", region);
    states =
        metrics.counter(
            "ovation.region.forwarded.states",
            "Totals of reactions, bans, settings, viewer counts and statuses that the region's"
                + " queue has",
            "region",
            region);
    items =
        metrics.counter(
            "ovation.region.forwarded.items",
            "Items by which they were carried over",
            "region",
            region);
    dropped =
        metrics.counter(
            "ovation.region.dropped",
            "Events that the outbox dropped at its bounds; the region's viewers receive a gap",
            "region",
            region);
    retries =
        metrics.counter(
            "ovation.region.retries",
            "Times that items were carried over again because the region did not confirm them",
            "region",
            region);
    forward =
        metrics.timer(
            "ovation.region.forward",
            "From putting an item into the outbox to its confirm by the region's queue; of a group"
                + " the oldest item counts",
            "region",
            region);
    poison =
        metrics.counter(
            "ovation.region.poison", "Items of the outbox that can't be read", "region", region);
  }
}
