package io.ovation.dispatch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.ovation.metrics.Metrics;
import io.ovation.store.Store.Origin;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A dispatcher's counters. */
public final class DispatchMetrics {
  public final Counter events;
  public final Counter messages;
  public final Counter duplicates;
  public final Counter conflictingIds;
  public final Counter poison;
  public final Counter banned;
  public final Counter missingInHistory;
  public final Counter unrecordedGaps;
  public final Counter lostByStore;
  public final Counter suspensions;
  public final Counter limited;
  public final Counter reactionBatches;
  public final Counter reactionDuplicates;
  public final Counter reactionRetries;
  public final Counter reactionPushes;
  public final Counter wentLive;
  public final Counter wentDark;
  public final Timer answers;
  private final Timer waits;
  private final DistributionSummary batchSizes;
  final Counter takeovers;
  final Counter stale;
  final Counter failures;

  public final Counter outboxEvents;
  public final Counter outboxRetries;
  public final Counter presenceRefused;
  private final ArrivalMetrics arrivals;
  private final Metrics metrics;

  /**
   * @param others the other regions that are configured
   */
  public DispatchMetrics(Metrics metrics, List<String> others) {
    this.metrics = metrics;
    events = counter("events", "Comments dispatched, whether or not they had viewers");
    messages = counter("node.messages", "Batches sent to nodes, one per node and batch");
    duplicates = counter("duplicates", "Items not sent because they had been dispatched before");
    conflictingIds =
        counter("conflicting.ids", "Items dropped because their id was used for another content");
    poison = counter("poison", "Items dead-lettered because they could not be dispatched");
    banned = counter("banned", "Comments dropped because their author was banned meanwhile");
    missingInHistory =
        counter("history.missing", "Comments sent without the store that history never gets");
    unrecordedGaps = counter("history.gaps.unrecorded", "Gaps that were not recorded in history");
    lostByStore =
        counter("store.losses", "Times a stream's history lacked events that had been confirmed");
    suspensions = counter("suspensions", "Nodes suspended because they did not answer");
    limited = counter("limited", "Times a batch waited for dispatch.rate");
    reactionBatches = counter("reactions.batches", "Batches of reactions added to their totals");
    reactionDuplicates =
        counter("reactions.duplicates", "Batches of reactions that had been added before");
    reactionRetries =
        counter("reactions.retries", "Times reactions waited because the store failed");
    reactionPushes =
        counter(
            "reactions.pushes",
            "Reactions sent to viewers: one per window and stream with viewers");
    answers = metrics.timer("ovation.dispatch.answer", "From sending a batch to the node's answer");
    waits =
        metrics.timer(
            "ovation.dispatch.wait",
            "From accepting a comment to sending it to nodes; the oldest comment of each batch");
    batchSizes =
        metrics.sizes("ovation.dispatch.batch.events", "Events dispatched together, by one append");
    outboxEvents =
        metrics.counter("ovation.region.put", "Events put into outboxes, once per other region");
    outboxRetries =
        metrics.counter("ovation.region.put.retries", "Times the broker did not confirm these");
    arrivals = new ArrivalMetrics(metrics, others);
    presenceRefused =
        metrics.counter(
            "ovation.region.presence.refused",
            "Viewer counts and statuses that do not cross because too many streams have some");
    wentLive = status("live");
    wentDark = status("dark");
    takeovers = counter("takeovers", "Partitions taken");
    stale = counter("stale", "Partitions lost to an owner with a newer epoch");
    failures = counter("failures", "Partitions closed and retaken after an unexpected error");
  }

  /**
   * A batch goes to nodes.
   *
   * @param acceptedMs its oldest event's, by the wall clock of a node; 0 if that is not known
   * @param nowMs by the store's clock
   */
  public void sending(int events, long acceptedMs, long nowMs) {
    batchSizes.record(events);
    if (acceptedMs > 0) {
      waits.record(Math.max(0, nowMs - acceptedMs), TimeUnit.MILLISECONDS);
    }
  }

  /**
   * An item that is not sent.
   *
   * @param origin null for what this region accepted
   */
  public void duplicate(@Nullable Origin origin) {
    if (origin == null) {
      duplicates.increment();
    } else {
      arrivals.duplicate(origin.region());
    }
  }

  /**
   * An item that is sent; after a hole if some of its region were lost before it.
   *
   * @param origin null for what this region accepted
   */
  public void sent(@Nullable Origin origin, boolean afterHole) {
    events.increment();
    if (origin != null) {
      arrivals.sent(origin.region(), afterHole);
    }
  }

  /** Events of each other region that had arrived before, since this node started. */
  Map<String, Long> arrivedBefore() {
    return arrivals.duplicates();
  }

  private Counter counter(String name, String help) {
    return metrics.counter("ovation.dispatch." + name, help);
  }

  private Counter status(String to) {
    return metrics.counter(
        "ovation.dispatch.statuses", "Watched streams that went live or dark", "to", to);
  }
}
