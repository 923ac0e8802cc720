package io.ovation.deliver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What a viewer that returns still has to get before it goes live: what it missed, and what came
 * meanwhile. It holds references to shared events, no copies. One loop.
 */
final class Backlog {
  /** Bytes that may come while the viewer catches up. */
  private final long limit;

  private final ArrayDeque<Item> items = new ArrayDeque<>();
  private long bytes;
  private boolean answered;

  Backlog(long limit) {
    this.limit = limit;
  }

  /** False when it would pass its bound; then nothing of the batch is added. */
  boolean add(Batch batch, int from) {
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

  /** Puts what was missed in front of what came meanwhile. */
  void answer(List<Item> missed, long to) {
    answered = true;
    while (!items.isEmpty() && items.getFirst().offset() <= to) {
      bytes -= items.removeFirst().size();
    }
    for (int i = missed.size() - 1; i >= 0; i--) {
      items.addFirst(missed.get(i));
      bytes += missed.get(i).size();
    }
  }

  /** Whether it is known what was missed; before, nothing may be taken. */
  boolean answered() {
    return answered;
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  /** The next items, about {@link Frames#SHARED} bytes of them, those above {@code position}. */
  List<Item> take(long position) {
    List<Item> next = new ArrayList<>();
    long seen = position;
    int size = 0;
    Item item;
    while (size < Frames.SHARED && (item = items.poll()) != null) {
      bytes -= item.size();
      // A pass may have met the viewer twice.
      if (item.offset() > seen) {
        seen = item.offset();
        next.add(item);
        size += item.size();
      }
    }
    return next;
  }
}
