package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentsQueue;
import io.ovation.live.proto.ForwardedEvent;
import io.ovation.live.proto.ForwardedEvents;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.PoisonItem;
import io.ovation.store.Store.Origin;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Decodes one partition's items: this region's own, which hold one event each, and those of other
 * regions, which hold several.
 */
final class ItemDecoder {
  private static final Pattern REGION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private final CommentDecoder decoder;
  private final String ownRegion;

  ItemDecoder(CommentDecoder decoder, String ownRegion) {
    this.decoder = decoder;
    this.ownRegion = ownRegion;
  }

  /**
   * Adds the item's events to {@code events}.
   *
   * @throws PoisonItem if the item, or a part of it, can never be dispatched; what can be is added
   */
  void decode(byte[] body, List<PendingComment> events) {
    Item<?> item = CommentsQueue.contract().decode(body);
    if (item.request() instanceof ForwardedEvents arrived) {
      decode(arrived, events);
    } else {
      events.add(decoder.decode(item));
    }
  }

  private void decode(ForwardedEvents arrived, List<PendingComment> events) {
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
        events.add(decode(region, event));
      } catch (PoisonItem e) {
        poison = e;
      }
    }
    if (poison != null) {
      throw poison;
    }
  }

  private PendingComment decode(String region, ForwardedEvent event) {
    Item<?> item = CommentsQueue.contract().decode(event.getItem().toByteArray());
    if (item.request() instanceof ForwardedEvents) {
      throw bad("an event of region " + region + " is one of a third region");
    }
    PendingComment pending = decoder.decode(item);
    boolean valid =
        event.getOffset() > 0
            && event.getPrevious() >= 0
            && event.getPrevious() < event.getOffset()
            && event.getStream().equals(pending.stream());
    if (!valid) {
      throw bad("an event of region " + region + " has no valid offset or stream");
    }
    return pending.from(new Origin(region, event.getOffset(), event.getPrevious()));
  }

  private static PoisonItem bad(String detail) {
    return new PoisonItem(PoisonItem.Reason.BAD_PAYLOAD, detail);
  }
}
