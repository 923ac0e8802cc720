package io.ovation.deliver;

import io.ovation.bus.Shard.Gap;
import io.ovation.bus.Shard.Replay;
import io.ovation.bus.proto.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What returning viewers missed, as items. Many who lost the same node missed the same: they share
 * one list. One loop.
 */
final class Missed {
  private @Nullable Replay last;
  private List<Item> items = List.of();

  /** Events and the holes among them, in order; the gap in front of them is not in it. */
  List<Item> of(Replay replay) {
    if (last == null || last.events() != replay.events() || !last.holes().equals(replay.holes())) {
      items = merge(replay.events(), replay.holes());
      last = replay;
    }
    return items;
  }

  /** Nobody needs it any more. */
  void forget() {
    last = null;
    items = List.of();
  }

  private static List<Item> merge(List<Event> events, List<Gap> holes) {
    List<Item> items = new ArrayList<>(events.size() + holes.size());
    int next = 0;
    for (Gap hole : holes) {
      while (next < events.size() && events.get(next).getOffset() < hole.to()) {
        items.add(Item.of(events.get(next++)));
      }
      items.add(Item.of(hole));
    }
    while (next < events.size()) {
      items.add(Item.of(events.get(next++)));
    }
    return items;
  }
}
