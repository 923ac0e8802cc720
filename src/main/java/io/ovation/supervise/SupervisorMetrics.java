package io.ovation.supervise;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;

/** A supervisor's counters. */
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

  SupervisorMetrics(Metrics metrics) {
    batches = metrics.counter("ovation.supervise.batches", "Batches taken from owners");
    staleBatches =
        metrics.counter("ovation.supervise.stale.batches", "Batches refused: their epoch is over");
    lostBatches =
        metrics.counter("ovation.supervise.lost.batches", "Batch numbers that never came");
    fills = metrics.counter("ovation.supervise.fills", "Holes filled from history");
    gaps = metrics.counter("ovation.supervise.gaps", "Gaps told: history did not have it either");
    replays =
        metrics.counter("ovation.supervise.replays", "Viewers that came back with a position");
    replayReads =
        metrics.counter("ovation.supervise.replay.reads", "Pages of history read for replays");
    replaysShared =
        metrics.counter(
            "ovation.supervise.replays.shared",
            "Viewers that were replayed from what was read for another, too");
    resyncs =
        metrics.counter(
            "ovation.supervise.resyncs", "Times a partition's streams were registered anew");
    openTimeouts =
        metrics.counter("ovation.supervise.open.timeouts", "Streams that no owner took in time");
    elsewhere =
        metrics.counter(
            "ovation.supervise.elsewhere",
            "Connections to be ended because their users watch another stream now");
    watchesDropped =
        metrics.counter(
            "ovation.supervise.watches.dropped",
            "Watches not told to the node that keeps their user: too many waited");
    differences =
        metrics.counter(
            "ovation.supervise.differences",
            "Times an owner routed other streams here than were registered");
  }
}
