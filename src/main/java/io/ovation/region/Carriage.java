package io.ovation.region;

import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.live.proto.OutboxItem;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.QueueItem;
import java.util.Map;
import java.util.TreeMap;

/** Sorts the events of an outbox by the other region's partitions; each keeps its order. */
final class Carriage {
  private static final String SERVICE = "ovation.live.Comments";
  private static final String METHOD = "Arrive";

  private final Partitions partitions;
  private final Map<Integer, ForwardedEvents.Builder> byPartition = new TreeMap<>();

  Carriage(Partitions partitions) {
    this.partitions = partitions;
  }

  void add(OutboxItem item) {
    for (ForwardedEvent event : item.getEventsList()) {
      byPartition
          .computeIfAbsent(partitions.of(event.getStream()), p -> ForwardedEvents.newBuilder())
          .setRegion(item.getRegion())
          .addEvents(event);
    }
  }

  /** The other region's partition → the item for its queue. */
  Map<Integer, byte[]> items() {
    Map<Integer, byte[]> items = new TreeMap<>();
    byPartition.forEach((partition, events) -> items.put(partition, envelope(events)));
    return items;
  }

  private static byte[] envelope(ForwardedEvents.Builder events) {
    return QueueItem.newBuilder()
        .setService(SERVICE)
        .setMethod(METHOD)
        .setPayload(events.build().toByteString())
        .setKey(events.getEvents(0).getStream())
        .build()
        .toByteArray();
  }
}
