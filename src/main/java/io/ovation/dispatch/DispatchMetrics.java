package io.ovation.dispatch;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;

/** A dispatcher's counters. */
public final class DispatchMetrics {
  public final Counter events;
  public final Counter messages;
  public final Counter known;
  public final Counter poison;
  public final Counter early;
  public final Counter unkept;
  public final Counter unrecordedHoles;
  public final Counter suspensions;
  final Counter stale;
  final Counter takeovers;
  public final Counter restamped;
  public final Counter limited;
  public final Counter reactionBatches;
  public final Counter reactionsKnown;
  public final Counter reactionRetries;
  public final Counter reactionPushes;
  public final Counter wentLive;
  public final Counter wentDark;

  public DispatchMetrics(Metrics metrics) {
    events = metrics.counter("ovation.dispatch.events", "Events given an offset");
    messages =
        metrics.counter(
            "ovation.dispatch.node.messages", "Batches sent to nodes, one per node and batch");
    known =
        metrics.counter(
            "ovation.dispatch.known", "Items that had been dispatched before: not sent");
    poison = metrics.counter("ovation.dispatch.poison", "Items dead-lettered as unreadable");
    early = metrics.counter("ovation.dispatch.early", "Batches sent before the store had answered");
    unkept =
        metrics.counter("ovation.dispatch.unkept", "Events delivered that history does not have");
    unrecordedHoles =
        metrics.counter("ovation.dispatch.holes.unrecorded", "Holes that history was not told of");
    suspensions =
        metrics.counter("ovation.dispatch.suspensions", "Nodes put out of a route for silence");
    stale = metrics.counter("ovation.dispatch.stale", "Times a newer owner ended our epoch");
    restamped =
        metrics.counter(
            "ovation.dispatch.restamped",
            "Events delivered early under another offset than history has");
    limited = metrics.counter("ovation.dispatch.limited", "Times a batch waited for dispatch.rate");
    reactionBatches =
        metrics.counter(
            "ovation.dispatch.reactions.batches", "Batches of reactions added to their totals");
    reactionsKnown =
        metrics.counter(
            "ovation.dispatch.reactions.known",
            "Batches of reactions that had been added before: not added again");
    reactionRetries =
        metrics.counter(
            "ovation.dispatch.reactions.retries",
            "Times reactions waited because the store failed");
    reactionPushes =
        metrics.counter(
            "ovation.dispatch.reactions.pushes",
            "Times a stream's reactions were told: one per window and stream with viewers");
    wentLive = status(metrics, "live");
    wentDark = status(metrics, "dark");
    takeovers = metrics.counter("ovation.dispatch.takeovers", "Partitions taken");
  }

  private static Counter status(Metrics metrics, String to) {
    return metrics.counter(
        "ovation.dispatch.statuses", "Watched streams that went live or dark", "to", to);
  }
}
