package io.ovation.queue.typed.consumer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets one item of a key go at a time, in the order of arrival; items without a key go at once. As
 * big as what was delivered and not yet acked. One thread.
 */
final class PerKeySerializer<W> {
  // A present key is held by one item; the deque has those behind it.
  private final Map<String, Deque<W>> behind = new HashMap<>();

  /** Whether {@code work} may go on; if not, it waits until {@link #leave} hands it out. */
  boolean enter(String key, W work) {
    if (key.isEmpty()) {
      return true;
    }
    Deque<W> others = behind.get(key);
    if (others == null) {
      behind.put(key, new ArrayDeque<>(0));
      return true;
    }
    others.add(work);
    return false;
  }

  /** The holder of the key is done. Answers the next holder, or null. */
  @Nullable W leave(String key) {
    Deque<W> others = behind.get(key);
    if (others == null) {
      return null;
    }
    W next = others.poll();
    if (next == null) {
      behind.remove(key);
    }
    return next;
  }

  /** Forgets one that waits behind the holder. */
  void remove(String key, W work) {
    Deque<W> others = behind.get(key);
    if (others != null) {
      others.remove(work);
    }
  }
}
