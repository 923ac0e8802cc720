package io.ovation.region;

import com.google.protobuf.Message;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.live.proto.ForwardedRow;
import io.ovation.live.proto.ForwardedStates;
import io.ovation.live.proto.OutboxItem;
import io.ovation.live.proto.StreamPresence;
import io.ovation.live.proto.StreamTotals;
import io.ovation.queue.Lane;
import io.ovation.queue.Partitions;
import io.ovation.queue.QueueName;
import io.ovation.queue.proto.QueueItem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sorts what goes to another region by its queues and partitions: events to its queue of comments,
 * in their order; states to that of reactions, each stream's newest totals only.
 */
final class ForwardBatch {
  /** The queue of {@code ovation.live.Comments}. */
  static final String COMMENTS = "comments";

  /** The queue of {@code ovation.live.Reactions}. */
  private static final String REACTIONS = "reactions";

  private final Partitions partitions;
  private final Map<Integer, ForwardedEvents.Builder> events = new TreeMap<>();
  private final Map<Integer, ForwardedStates.Builder> states = new TreeMap<>();
  private final Map<String, StreamTotals> totals = new LinkedHashMap<>();
  private final String region;

  /**
   * @param region this one
   * @param partitions of the other one
   */
  ForwardBatch(String region, Partitions partitions) {
    this.region = region;
    this.partitions = partitions;
  }

  void add(OutboxItem item) {
    for (ForwardedEvent event : item.getEventsList()) {
      events
          .computeIfAbsent(partitions.of(event.getStream()), p -> ForwardedEvents.newBuilder())
          .setRegion(item.getRegion())
          .addEvents(event);
    }
    item.getTotalsList().forEach(one -> totals.put(one.getStream(), one));
    for (ForwardedRow row : item.getRowsList()) {
      states(row.getKey()).addRows(row);
    }
  }

  void add(List<StreamPresence> presence) {
    presence.forEach(one -> states(one.getStream()).addPresence(one));
  }

  private ForwardedStates.Builder states(String key) {
    return states.computeIfAbsent(
        partitions.of(key), p -> ForwardedStates.newBuilder().setRegion(region));
  }

  /** The other region's queue → the item for it. */
  Map<QueueName, byte[]> items() {
    totals.values().forEach(one -> states(one.getStream()).addTotals(one));
    totals.clear();
    Map<QueueName, byte[]> items = new LinkedHashMap<>();
    events.forEach(
        (partition, of) ->
            items.put(
                queue(COMMENTS, partition),
                item("ovation.live.Comments", of.build(), of.getEvents(0).getStream())));
    states.forEach(
        (partition, of) ->
            items.put(queue(REACTIONS, partition), item("ovation.live.Reactions", of.build(), "")));
    return items;
  }

  private static QueueName queue(String queue, int partition) {
    return new QueueName(queue, Lane.NORMAL, partition);
  }

  private static byte[] item(String service, Message payload, String key) {
    return QueueItem.newBuilder()
        .setService(service)
        .setMethod("Arrive")
        .setPayload(payload.toByteString())
        .setKey(key)
        .build()
        .toByteArray();
  }
}
