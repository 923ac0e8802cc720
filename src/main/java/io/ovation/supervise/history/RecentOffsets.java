package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Which events of one partition this node received last, and at which offsets. Those that their
 * owner had not acked are delivered to the next owner again; if the store does not answer it then,
 * it knows from the nodes which offsets they have. Supervisor's context only.
 */
public final class RecentOffsets {
  /** The default of {@code dispatch.prefetch}: an owner has no more that are not acked. */
  static final int EVENTS = 2_000;

  private final LongSupplier nanoTime;
  private final Deque<Received> events = new ArrayDeque<>(0);

  /** Without its text, so that little memory is held. */
  private record Received(
      String stream,
      long previous,
      long offset,
      String user,
      String id,
      String region,
      long regionOffset,
      long nanos) {
    Segment segment() {
      return Segment.newBuilder()
          .setStream(stream)
          .setPrevious(previous)
          .addEvents(
              Event.newBuilder()
                  .setOffset(offset)
                  .setUser(user)
                  .setId(id)
                  .setRegion(region)
                  .setRegionOffset(regionOffset))
          .build();
    }
  }

  /**
   * @param nanoTime a monotonic clock in nanoseconds
   */
  public RecentOffsets(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  public void add(Segment segment) {
    long now = nanoTime.getAsLong();
    long previous = segment.getPrevious();
    for (Event event : segment.getEventsList()) {
      events.add(
          new Received(
              segment.getStream(),
              previous,
              event.getOffset(),
              event.getUser(),
              event.getId(),
              event.getRegion(),
              event.getRegionOffset(),
              now));
      previous = event.getOffset();
      if (events.size() > EVENTS) {
        events.remove();
      }
    }
  }

  /** One segment per event, without its text, in the order in which they were received. */
  public List<Segment> segments() {
    long oldest = nanoTime.getAsLong() - UnsavedEvents.AGE_NANOS;
    while (!events.isEmpty() && events.element().nanos() - oldest < 0) {
      events.remove();
    }
    return events.stream().map(Received::segment).toList();
  }
}
