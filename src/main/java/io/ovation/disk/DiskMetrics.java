package io.ovation.disk;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.ovation.async.InFlightLimiter;
import io.ovation.metrics.Metrics;

/** The disk's meters. */
final class DiskMetrics {
  final Counter writes;
  final Counter groups;
  final Counter refused;
  final Timer sync;

  DiskMetrics(Metrics metrics, InFlightLimiter inFlight) {
    writes = metrics.counter("ovation.disk.writes", "Mutations that became durable or threw");
    groups = metrics.counter("ovation.disk.groups", "Groups of mutations, each with one sync");
    refused = metrics.counter("ovation.disk.refused", "Mutations refused: queue or disk full");
    sync = metrics.timer("ovation.disk.sync", "Commit and sync of one group");
    metrics.gauge(
        "ovation.disk.waiting", "Mutations not yet durable", inFlight, InFlightLimiter::used);
  }
}
