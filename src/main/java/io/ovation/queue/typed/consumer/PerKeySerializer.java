package io.ovation.queue.typed.consumer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Admits one item of a key at a time, in the order of arrival; items without a key are admitted at
 * once. Its size is bounded by the items that were delivered and not acked yet. One thread.
 */
final class PerKeySerializer<W> {
  // A present key is held by one item; the deque has those behind it.
  private final Map<String, Deque<W>> blocked = new HashMap<>();

  /** Whether {@code item} may go on; if not, it waits until {@link #leave} returns it. */
  boolean enter(String key, W item) {
    Deque<W> others = key.isEmpty() ? null : blocked.putIfAbsent(key, new ArrayDeque<>(0));
    return others == null || !others.add(item);
  }

  /** The key's holder has ended. Returns the next holder, or null. */
  @Nullable W leave(String key) {
    Deque<W> others = blocked.get(key);
    W next = others == null ? null : others.poll();
    if (next == null) {
      blocked.remove(key);
    }
    return next;
  }

  /** Removes an item that waits behind the key's holder. */
  void remove(String key, W item) {
    Deque<W> others = blocked.get(key);
    if (others != null) {
      others.remove(item);
    }
  }
}
