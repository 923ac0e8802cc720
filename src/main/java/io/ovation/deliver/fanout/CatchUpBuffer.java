package io.ovation.deliver.fanout;

import io.ovation.deliver.transport.WebSocketFrames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a returning viewer is sent before it goes live: the events that it missed, then those that
 * arrived meanwhile. It holds references to shared messages, no copies. The missed events are
 * bounded by the history that is kept. One loop.
 */
final class CatchUpBuffer {
  /** Bytes that may arrive while the viewer catches up. */
  private final long limit;

  private final ArrayDeque<OutboundMessage> arrived = new ArrayDeque<>();
  private List<OutboundMessage> missed = List.of();
  private int nextMissed;
  private long bytes;
  private boolean complete;

  CatchUpBuffer(long limit) {
    this.limit = limit;
  }

  /** Adds the batch's events from an index on; false, and nothing is added, beyond the limit. */
  boolean add(FanOutBatch batch, int from) {
    long more = 0;
    for (int i = from; i < batch.events(); i++) {
      more += batch.item(i).size();
    }
    if (bytes + more > limit) {
      return false;
    }
    for (int i = from; i < batch.events(); i++) {
      arrived.add(batch.item(i));
    }
    bytes += more;
    return true;
  }

  /**
   * Puts the missed events in front of those that arrived meanwhile.
   *
   * @param shared is not changed
   * @param to what arrived up to here is among the missed events
   */
  void complete(List<OutboundMessage> shared, long to) {
    complete = true;
    missed = shared;
    while (!arrived.isEmpty() && arrived.getFirst().offset() <= to) {
      bytes -= arrived.removeFirst().size();
    }
  }

  /** Whether the missed events are known; before, nothing may be taken. */
  boolean isComplete() {
    return complete;
  }

  boolean isEmpty() {
    return nextMissed == missed.size() && arrived.isEmpty();
  }

  /** Takes about {@link WebSocketFrames#SHARED} bytes of messages above {@code position}. */
  List<OutboundMessage> take(long position) {
    List<OutboundMessage> taken = new ArrayList<>();
    long last = position;
    int size = 0;
    OutboundMessage item;
    while (size < WebSocketFrames.SHARED && (item = poll()) != null) {
      // The same batch may have been added twice.
      if (item.offset() > last) {
        last = item.offset();
        taken.add(item);
        size += item.size();
      }
    }
    return taken;
  }

  private @Nullable OutboundMessage poll() {
    if (nextMissed < missed.size()) {
      return missed.get(nextMissed++);
    }
    missed = List.of();
    nextMissed = 0;
    OutboundMessage item = arrived.poll();
    bytes -= item == null ? 0 : item.size();
    return item;
  }
}
