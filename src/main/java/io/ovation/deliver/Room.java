package io.ovation.deliver;

import io.netty.buffer.ByteBufAllocator;
import io.ovation.bus.Shard;
import io.ovation.bus.proto.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream's viewers on one loop, in a dense array, and what waits to be brought to them.
 *
 * <p>A pass walks the array from its end to its start. Whoever joins meanwhile sits behind it;
 * whoever leaves has the last one take its seat, which has been served or is served there; the
 * viewer's own position makes being met twice harmless.
 */
final class Room {
  final String stream;

  /** How many viewers were last reported; kept by the shard. */
  int reported;

  boolean changed;

  /** Whether it is in the line of rooms with something to bring; kept by {@link Passes}. */
  boolean inLine;

  /** Whether {@link #statesDue} will be called; kept by {@link Passes}. */
  boolean statesTimed;

  private final Settings settings;
  private final Meters meters;
  private Viewer[] seats = new Viewer[4];
  private int size;
  private boolean open;
  private long last;
  private List<Item> pending = new ArrayList<>(4);
  private long pendingBytes;
  private final RoomStates states = new RoomStates();
  private boolean statesDue;
  private @Nullable Batch batch;
  private int batches;
  private int cursor;

  Room(String stream, Settings settings, Meters meters) {
    this.stream = stream;
    this.settings = settings;
    this.meters = meters;
  }

  int size() {
    return size;
  }

  boolean isOpen() {
    return open;
  }

  /** All up to here has been taken in. */
  long last() {
    return last;
  }

  void open(long offset) {
    open = true;
    last = offset;
  }

  void add(Viewer viewer) {
    if (size == seats.length) {
      seats = Arrays.copyOf(seats, size + (size >> 1) + 1);
    }
    viewer.seat = size;
    seats[size++] = viewer;
  }

  @SuppressWarnings("NullAway") // an empty seat holds no viewer back from being collected
  void remove(Viewer viewer) {
    int seat = viewer.seat;
    Viewer moved = seats[--size];
    seats[seat] = moved;
    moved.seat = seat;
    seats[size] = null;
    if (cursor > size) {
      cursor = size;
    }
    if (seats.length > 16 && size < seats.length / 4) {
      seats = Arrays.copyOf(seats, seats.length / 2);
    }
  }

  /** From the end, so that one that is removed by the action makes none be left out. */
  void each(Consumer<Viewer> action) {
    for (int i = size - 1; i >= 0; i--) {
      if (i < size) {
        action.accept(seats[i]);
      }
    }
  }

  void take(List<Item> items) {
    for (Item item : items) {
      if (item.offset() > last) {
        last = item.offset();
        pending.add(item);
        pendingBytes += item.size();
      }
    }
    if (pendingBytes > settings.pending()) {
      overflow();
    }
  }

  void take(State state) {
    states.take(state);
  }

  /** The states that changed have waited for events long enough: they get a pass of their own. */
  void statesDue() {
    statesDue = open && states.changed() != 0;
  }

  /** What the stream is like now. */
  RoomStates states() {
    return states;
  }

  /** The number of the batch that is being brought, or was last. */
  int batch() {
    return batches;
  }

  boolean hasWork() {
    return batch != null || !pending.isEmpty() || statesDue;
  }

  /**
   * Serves up to {@code budget} viewers.
   *
   * @return how many were met; at least 1, so that rooms without viewers cost their turn too
   */
  int advance(int budget, ByteBufAllocator alloc, Tally tally) {
    Batch current = batch;
    if (current == null) {
      List<Item> items = next();
      int events = items.size();
      int kinds = states.takeChanged(items);
      statesDue = false;
      current = new Batch(alloc, items, events, kinds, ++batches);
      batch = current;
      cursor = size;
    }
    int met = 0;
    while (cursor > 0 && met < budget) {
      cursor--;
      met++;
      seats[cursor].offer(current, tally);
    }
    if (cursor == 0) {
      current.release();
      batch = null;
      tally.passed();
    }
    return Math.max(met, 1);
  }

  /** The room is gone: nothing more is brought. */
  void drop() {
    if (batch != null) {
      batch.release();
      batch = null;
    }
    pending.clear();
  }

  /** As much as one pass may carry; mostly all there is. */
  private List<Item> next() {
    List<Item> all = pending;
    if (pendingBytes <= settings.batch()) {
      pending = new ArrayList<>(4);
      pendingBytes = 0;
      return all;
    }
    int count = 0;
    long bytes = 0;
    while (count < all.size()
        && (count == 0 || bytes + all.get(count).size() <= settings.batch())) {
      bytes += all.get(count++).size();
    }
    pending = new ArrayList<>(all.subList(count, all.size()));
    pendingBytes -= bytes;
    return new ArrayList<>(all.subList(0, count));
  }

  private void overflow() {
    Item lost = Item.of(new Shard.Gap(pending.get(0).offset(), last));
    meters.overflows.increment();
    pending = new ArrayList<>(List.of(lost));
    pendingBytes = lost.size();
  }
}
