package io.ovation.deliver.fanout;

import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.wire.proto.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What returning viewers missed, as items. Many who lost the same node missed the same: they share
 * one list. One loop.
 */
public final class ReplayCache {
  private @Nullable Replay last;
  private List<OutboundMessage> items = List.of();

  /** Events and the holes among them, in order; the gap in front of them is not in it. */
  public List<OutboundMessage> of(Replay replay) {
    if (last == null || last.events() != replay.events() || !last.holes().equals(replay.holes())) {
      items = merge(replay.events(), replay.holes());
      last = replay;
    }
    return items;
  }

  /** Nobody needs it any more. */
  public void forget() {
    last = null;
    items = List.of();
  }

  private static List<OutboundMessage> merge(List<Event> events, List<Gap> holes) {
    List<OutboundMessage> items = new ArrayList<>(events.size() + holes.size());
    int next = 0;
    for (Gap hole : holes) {
      while (next < events.size() && events.get(next).getOffset() < hole.to()) {
        items.add(OutboundMessage.of(events.get(next++)));
      }
      items.add(OutboundMessage.of(hole));
    }
    while (next < events.size()) {
      items.add(OutboundMessage.of(events.get(next++)));
    }
    return items;
  }
}
