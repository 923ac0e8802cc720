package io.ovation.supervise.history;

import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.Segment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Events of one partition that this node received while the store was unavailable. They let the
 * partition's next owner write them to history at the offsets that viewers have seen. Bounded by
 * number, bytes and age; beyond that the next owner records a gap. Supervisor's context only.
 */
public final class UnsavedEvents {
  static final int EVENTS = 10_000;
  static final int BYTES = 8 << 20;

  /** The store forgets ids after 10 minutes: a later write would append the event again. */
  static final long AGE_NANOS = TimeUnit.MINUTES.toNanos(9);

  private final LongSupplier nanoTime;
  private final Deque<Received> events = new ArrayDeque<>(0);
  private int bytes;

  private record Received(Segment segment, long nanos) {
    int size() {
      return segment.getEvents(0).getJson().size();
    }
  }

  public UnsavedEvents(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  public void add(Segment segment) {
    long previous = segment.getPrevious();
    for (Event event : segment.getEventsList()) {
      Received received =
          new Received(
              Segment.newBuilder()
                  .setStream(segment.getStream())
                  .setPrevious(previous)
                  .addEvents(event)
                  .build(),
              nanoTime.getAsLong());
      events.add(received);
      bytes += received.size();
      previous = event.getOffset();
    }
    while (events.size() > EVENTS || bytes > BYTES) {
      bytes -= events.remove().size();
    }
  }

  /** The partition's owner has written all of them. */
  public void clear() {
    events.clear();
    bytes = 0;
  }

  /** One segment per event, in the order in which they were received. */
  public List<Segment> segments() {
    long oldest = nanoTime.getAsLong() - AGE_NANOS;
    while (!events.isEmpty() && events.element().nanos() - oldest < 0) {
      bytes -= events.remove().size();
    }
    return events.stream().map(Received::segment).toList();
  }
}
