package io.ovation.supervise;

import io.ovation.stage.ViewerShard;
import io.ovation.store.Store.Pin;
import io.ovation.supervise.history.RecentEvents;
import io.ovation.supervise.history.RecentIds;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream with viewers on this node: its shards and its last offset. Supervisor's context only.
 */
public final class LocalStream {
  public final String name;
  public final int partition;
  final Set<ViewerShard> shards = new HashSet<>(4);
  final Map<ViewerShard, Integer> viewers = new HashMap<>(4);
  public final RecentEvents recentEvents;
  final RetainedEvents retained = new RetainedEvents(this);
  private final RecentIds recentIds;
  final LongSupplier nanoTime;
  private final Map<StateUpdate.Kind, StateUpdate> states = new EnumMap<>(StateUpdate.Kind.class);

  /** Tasks that wait until the stream is open, or until a gap is filled. */
  private final Queue<Runnable> waiting = new ArrayDeque<>(0);

  /** Viewers here, as last added to the total. */
  int counted;

  /** Registered with its partition's owner. */
  private boolean open;

  private boolean filling;
  private boolean ended;

  /** The last reading of what is retained has failed. */
  private boolean retainedUnread;

  private long last;

  public LocalStream(String name, int partition, int recentEvents, LongSupplier nanoTime) {
    this(name, partition, recentEvents, nanoTime, new RecentIds.Total());
  }

  /**
   * @param recentEvents how many are kept
   * @param recentIds of all streams of this node
   */
  LocalStream(
      String name,
      int partition,
      int recentEvents,
      LongSupplier nanoTime,
      RecentIds.Total recentIds) {
    this.name = name;
    this.partition = partition;
    this.recentEvents = new RecentEvents(recentEvents, 0);
    this.recentIds = new RecentIds(nanoTime, recentIds);
    this.nanoTime = nanoTime;
  }

  boolean open() {
    return open;
  }

  /** The highest offset that the shards have received. */
  public long last() {
    return last;
  }

  boolean ended() {
    return ended;
  }

  void openAt(long offset) {
    open = true;
    last = offset;
    recentEvents.restart(offset);
    shards.forEach(this::open);
    runWaiting();
  }

  /** Sends a shard the stream's offset and states. */
  void open(ViewerShard shard) {
    shard.subscribed(name, last);
    states.values().forEach(state -> shard.deliverState(snapshot(state)));
  }

  /**
   * The message for viewers to whom the state is not a change; it may be that nothing is retained.
   */
  private static StateUpdate snapshot(StateUpdate state) {
    return state.getSnapshot().isEmpty() && state.getKind() != StateUpdate.Kind.RETAINED
        ? state
        : state.toBuilder().setJson(state.getSnapshot()).build();
  }

  /** Replaces the state of this kind. */
  void state(StateUpdate state) {
    if (!state.equals(states.put(state.getKind(), state)) && open) {
      shards.forEach(shard -> shard.deliverState(state));
    }
  }

  /** Sends the shards the new ones of these events: those above the last offset whose id is new. */
  public void deliver(List<Event> events) {
    deliver(events, null);
  }

  /**
   * @param write of a traced batch
   */
  void deliver(List<Event> events, @Nullable BatchSpan write) {
    List<Event> fresh = new ArrayList<>(events.size());
    for (Event event : events) {
      if (event.getOffset() > last) {
        last = event.getOffset();
        if (recentIds.add(event)) {
          recentEvents.add(event);
          retained.apply(event);
          fresh.add(event);
        }
      }
    }
    if (!fresh.isEmpty() && write == null) {
      shards.forEach(shard -> shard.deliver(name, fresh));
    } else if (!fresh.isEmpty() && write != null) {
      shards.forEach(
          shard -> {
            write.hold();
            shard.deliver(name, fresh, write::release);
          });
    }
  }

  /** Nothing up to this offset is missing, and there is nothing to deliver. */
  public void advance(long offset) {
    last = Math.max(last, offset);
  }

  /** Events up to {@code to} can't be delivered. */
  public void gap(long to) {
    if (to > last) {
      long from = last + 1;
      last = to;
      recentEvents.restart(to);
      shards.forEach(shard -> shard.deliverGap(name, from, to));
    }
  }

  /**
   * What the store has of the events that the stream retains.
   *
   * @param at {@link #last} when the store was asked
   */
  public void retained(List<Pin> pins, long at) {
    if (!ended) {
      retained.load(pins, at);
    }
  }

  boolean retainedUnread() {
    return retainedUnread;
  }

  /**
   * @param unread whether reading what the stream retains has failed and nobody tries again yet
   */
  public void retainedUnread(boolean unread) {
    retainedUnread = unread;
  }

  int viewers() {
    return viewers.values().stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * Runs the task when the stream is open and no gap is being filled, in the order of these calls.
   * When the stream ends first, the task runs then and finds it {@link #ended}.
   */
  void whenReady(Runnable task) {
    if (open && !filling && waiting.isEmpty()) {
      task.run();
    } else {
      waiting.add(task);
    }
  }

  /** A gap is being filled from history: tasks wait. */
  public void beginFilling() {
    filling = true;
  }

  public void endFilling() {
    filling = false;
    runWaiting();
  }

  void end() {
    ended = true;
    recentIds.clear();
    open = true;
    filling = false;
    shards.clear();
    runWaiting();
  }

  private void runWaiting() {
    while (open && !filling && !waiting.isEmpty()) {
      waiting.remove().run();
    }
  }
}
