package io.ovation.supervise;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;
import io.ovation.supervise.history.RecentIds;

/** The supervisor's counters. */
public final class SupervisorMetrics {
  final Counter batches;
  final Counter staleBatches;
  final Counter lostBatches;
  public final Counter fills;
  public final Counter gaps;
  public final Counter replays;
  public final Counter replayReads;
  public final Counter replaysShared;
  final Counter resyncs;
  final Counter openTimeouts;
  final Counter differences;
  public final Counter elsewhere;
  public final Counter watchesDropped;

  final RecentIds.Total recentIds = new RecentIds.Total();

  public SupervisorMetrics(Metrics metrics) {
    batches = metrics.counter("ovation.supervise.batches", "Batches received from owners");
    staleBatches =
        metrics.counter(
            "ovation.supervise.stale.batches", "Batches refused because of a stale epoch");
    lostBatches = metrics.counter("ovation.supervise.lost.batches", "Missing batch numbers");
    fills = metrics.counter("ovation.supervise.fills", "Gaps read from history");
    gaps =
        metrics.counter(
            "ovation.supervise.gaps",
            "Gaps sent to viewers because history did not have the events");
    replays = metrics.counter("ovation.supervise.replays", "Viewers that returned with a position");
    replayReads =
        metrics.counter("ovation.supervise.replay.reads", "Pages of history read for replays");
    replaysShared =
        metrics.counter(
            "ovation.supervise.replays.shared",
            "Viewers that were replayed from another viewer's read of history");
    resyncs =
        metrics.counter(
            "ovation.supervise.resyncs", "Times all streams of a partition were registered again");
    openTimeouts =
        metrics.counter(
            "ovation.supervise.open.timeouts", "Streams that no owner registered in time");
    elsewhere =
        metrics.counter(
            "ovation.supervise.elsewhere",
            "Connections to close because their users watch another stream now");
    watchesDropped =
        metrics.counter(
            "ovation.supervise.watches.dropped",
            "Watches not reported to their user's owner because too many waited");
    metrics.gauge(
        "ovation.supervise.recent.ids",
        "Ids of comments remembered to tell those that arrive again",
        recentIds,
        RecentIds.Total::ids);
    differences =
        metrics.counter(
            "ovation.supervise.differences",
            "Partitions whose owner routed other streams here than were registered");
  }
}
