package io.ovation.deliver.fanout;

import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import io.ovation.wire.proto.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages of the newest replay. Viewers that lost the same node missed the same events, so
 * that they can share one list. One loop.
 */
public final class ReplayCache {
  private @Nullable Replay newest;
  private List<OutboundMessage> messages = List.of();

  /** Events and the holes among them, in order; without the gap in front of them. */
  public List<OutboundMessage> messages(Replay replay) {
    if (newest == null
        || newest.events() != replay.events()
        || !newest.holes().equals(replay.holes())) {
      messages = merge(replay.events(), replay.holes());
      newest = replay;
    }
    return messages;
  }

  public void clear() {
    newest = null;
    messages = List.of();
  }

  private static List<OutboundMessage> merge(List<Event> events, List<Gap> holes) {
    List<OutboundMessage> merged = new ArrayList<>(events.size() + holes.size());
    int next = 0;
    for (Gap hole : holes) {
      while (next < events.size() && events.get(next).getOffset() < hole.to()) {
        merged.add(OutboundMessage.of(events.get(next++)));
      }
      merged.add(OutboundMessage.of(hole));
    }
    while (next < events.size()) {
      merged.add(OutboundMessage.of(events.get(next++)));
    }
    return merged;
  }
}
