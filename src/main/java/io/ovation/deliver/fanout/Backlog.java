package io.ovation.deliver.fanout;

import io.ovation.deliver.transport.WebSocketFrames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a viewer that returns still has to get before it goes live: what it missed, and what came
 * meanwhile. It holds references to shared events, no copies; what was missed is bounded by what
 * history keeps. One loop.
 */
final class Backlog {
  /** Bytes that may come while the viewer catches up. */
  private final long limit;

  private final ArrayDeque<OutboundMessage> items = new ArrayDeque<>();
  private List<OutboundMessage> missed = List.of();
  private int next;
  private long bytes;
  private boolean answered;

  Backlog(long limit) {
    this.limit = limit;
  }

  /** False when it would pass its bound; then nothing of the batch is added. */
  boolean add(FanOutBatch batch, int from) {
    long more = 0;
    for (int i = from; i < batch.events(); i++) {
      more += batch.item(i).size();
    }
    if (bytes + more > limit) {
      return false;
    }
    for (int i = from; i < batch.events(); i++) {
      items.add(batch.item(i));
    }
    bytes += more;
    return true;
  }

  /**
   * What was missed goes in front of what came meanwhile.
   *
   * @param shared stays as it is
   */
  void answer(List<OutboundMessage> shared, long to) {
    answered = true;
    missed = shared;
    while (!items.isEmpty() && items.getFirst().offset() <= to) {
      bytes -= items.removeFirst().size();
    }
  }

  /** Whether it is known what was missed; before, nothing may be taken. */
  boolean answered() {
    return answered;
  }

  boolean isEmpty() {
    return next == missed.size() && items.isEmpty();
  }

  /**
   * The next items, about {@link WebSocketFrames#SHARED} bytes of them, those above {@code
   * position}.
   */
  List<OutboundMessage> take(long position) {
    List<OutboundMessage> taken = new ArrayList<>();
    long seen = position;
    int size = 0;
    OutboundMessage item;
    while (size < WebSocketFrames.SHARED && (item = poll()) != null) {
      // A pass may have met the viewer twice.
      if (item.offset() > seen) {
        seen = item.offset();
        taken.add(item);
        size += item.size();
      }
    }
    return taken;
  }

  private @Nullable OutboundMessage poll() {
    if (next < missed.size()) {
      return missed.get(next++);
    }
    missed = List.of();
    next = 0;
    OutboundMessage item = items.poll();
    bytes -= item == null ? 0 : item.size();
    return item;
  }
}
