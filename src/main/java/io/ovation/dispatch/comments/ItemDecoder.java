package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.live.proto.StreamEvent;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.queue.typed.TraceContext;
import io.ovation.store.Store.Origin;
import io.ovation.trace.Correlation;
import io.ovation.trace.Traces;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one partition's items: this region's own, which hold one event each, and those of other
 * regions, which hold several.
 */
final class ItemDecoder {
  private static final Pattern REGION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private final CommentValidator decoder;
  private final String ownRegion;
  private final Runnable onBanned;

  /**
   * @param onBanned called for each event of a banned user, which is left out
   */
  ItemDecoder(CommentValidator decoder, String ownRegion, Runnable onBanned) {
    this.decoder = decoder;
    this.ownRegion = ownRegion;
    this.onBanned = onBanned;
  }

  /**
   * Adds the item's events to {@code events}.
   *
   * @throws PoisonItem if the item, or a part of it, can never be dispatched; what can be is added
   */
  void decode(byte[] body, List<PendingEvent> events) {
    Item<?> item = CommentsQueue.contract().decode(body);
    if (item.request() instanceof ForwardedEvents arrived) {
      decode(arrived, events);
    } else {
      PendingEvent own = traced(decoder.decode(item), item);
      if (own == null) {
        onBanned.run();
      } else {
        events.add(own);
      }
    }
  }

  /** What other producers send has its trace in the item's headers, as items of any queue. */
  private static @Nullable PendingEvent traced(@Nullable PendingEvent event, Item<?> item) {
    if (event == null || !Traces.on()) {
      return event;
    }
    return event.traced(traceparent(item));
  }

  private static String traceparent(Item<?> item) {
    String own = "";
    if (item.request() instanceof CommentRequest comment) {
      own = comment.getTraceparent();
    } else if (item.request() instanceof StreamEvent event) {
      own = event.getTraceparent();
    }
    return own.isEmpty() ? item.meta().headers().getOrDefault(TraceContext.PARENT, "") : own;
  }

  /** Logs about one item, with its id and its trace as far as they can be read. */
  static void logged(byte[] body, Runnable logging) {
    Item<?> item;
    try {
      item = CommentsQueue.contract().decode(body);
    } catch (RuntimeException e) {
      logging.run();
      return;
    }
    Correlation.run(traceparent(item), item.meta().id(), null, logging);
  }

  private void decode(ForwardedEvents arrived, List<PendingEvent> events) {
    String region = arrived.getRegion();
    if (!REGION.matcher(region).matches() || region.equals(ownRegion)) {
      throw bad(
          region.equals(ownRegion)
              ? "region " + region + " is this one: two regions have the same name"
              : "region must be 1-64 of A-Z a-z 0-9 . _ -");
    }
    PoisonItem poison = null;
    for (ForwardedEvent event : arrived.getEventsList()) {
      try {
        decode(region, event, events);
      } catch (PoisonItem e) {
        poison = e;
      }
    }
    if (poison != null) {
      throw poison;
    }
  }

  private void decode(String region, ForwardedEvent event, List<PendingEvent> events) {
    boolean valid =
        event.getOffset() > 0
            && event.getPrevious() >= 0
            && event.getPrevious() < event.getOffset();
    if (!valid) {
      throw bad("an event of region " + region + " has no valid offset");
    }
    Origin origin = new Origin(region, event.getOffset(), event.getPrevious());
    if (event.getItem().isEmpty()) {
      decoder.checkStream(event.getStream());
      events.add(PendingEvent.absent(event.getStream(), origin));
      return;
    }
    Item<?> item = CommentsQueue.contract().decode(event.getItem().toByteArray());
    if (item.request() instanceof ForwardedEvents) {
      throw bad("an event of region " + region + " is of a third region");
    }
    PendingEvent pending = decoder.decode(item);
    if (pending == null) {
      onBanned.run();
      decoder.checkStream(event.getStream());
      events.add(PendingEvent.absent(event.getStream(), origin));
    } else if (pending.stream().equals(event.getStream())) {
      events.add(pending.from(origin).traced(event.getTraceparent()));
    } else {
      throw bad("an event of region " + region + " names two streams");
    }
  }

  private static PoisonItem bad(String detail) {
    return new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, detail);
  }
}
