package io.ovation.dispatch;

import io.micrometer.core.instrument.Counter;
import io.ovation.metrics.Metrics;

/** A dispatcher's counters. */
final class Meters {
  final Counter events;
  final Counter messages;
  final Counter known;
  final Counter poison;
  final Counter early;
  final Counter unkept;
  final Counter unrecordedHoles;
  final Counter suspensions;
  final Counter stale;
  final Counter takeovers;
  final Counter restamped;
  final Counter limited;
  final Counter reactionBatches;
  final Counter reactionsKnown;
  final Counter reactionRetries;
  final Counter reactionPushes;
  final Counter wentLive;
  final Counter wentDark;

  Meters(Metrics metrics) {
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
