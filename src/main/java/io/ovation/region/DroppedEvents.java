package io.ovation.region;

import io.ovation.live.proto.OutboxItem;

/** Counts the events that an outbox dropped, by the numbers that its items carry. */
final class DroppedEvents {
  private long epoch;
  private long next;

  /** How many events are missing in front of this item. None of an owner's first one known. */
  long before(OutboxItem item) {
    long missing = item.getEpoch() == epoch ? Math.max(0, item.getFirst() - next) : 0;
    if (item.getEpoch() >= epoch) {
      long end = item.getFirst() + item.getEventsCount();
      next = item.getEpoch() == epoch ? Math.max(next, end) : end;
      epoch = item.getEpoch();
    }
    return missing;
  }
}
