package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.Viewer;
import io.ovation.stage.ViewerShard;
import io.ovation.wire.proto.StateUpdate;
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
public final class StreamRoom {
  public final String stream;

  /** How many viewers were last reported; kept by the shard. */
  public int reported;

  public boolean changed;

  /**
   * Whether it is in the line of rooms with something to bring; kept by {@link FanOutScheduler}.
   */
  boolean inLine;

  /** Whether {@link #statesDue} will be called; kept by {@link FanOutScheduler}. */
  boolean statesTimed;

  private final DeliverySettings settings;
  private final DeliveryMetrics meters;
  private Viewer[] seats = new Viewer[4];
  private int size;
  private boolean open;
  private long last;
  private List<OutboundMessage> pending = new ArrayList<>(4);
  private long pendingBytes;
  private final RoomStates states = new RoomStates();
  private boolean statesDue;
  private @Nullable FanOutBatch batch;
  private int batches;
  private int cursor;

  public StreamRoom(String stream, DeliverySettings settings, DeliveryMetrics meters) {
    this.stream = stream;
    this.settings = settings;
    this.meters = meters;
  }

  public int size() {
    return size;
  }

  public boolean isOpen() {
    return open;
  }

  /** All up to here has been taken in. */
  public long last() {
    return last;
  }

  public void open(long offset) {
    open = true;
    last = offset;
  }

  public void add(Viewer viewer) {
    if (size == seats.length) {
      seats = Arrays.copyOf(seats, size + (size >> 1) + 1);
    }
    viewer.seat = size;
    seats[size++] = viewer;
  }

  @SuppressWarnings("NullAway") // an empty seat holds no viewer back from being collected
  public void remove(Viewer viewer) {
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
  public void each(Consumer<Viewer> action) {
    for (int i = size - 1; i >= 0; i--) {
      if (i < size) {
        action.accept(seats[i]);
      }
    }
  }

  public void take(List<OutboundMessage> items) {
    for (OutboundMessage item : items) {
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

  public void take(StateUpdate state) {
    states.take(state);
  }

  /** The states that changed have waited for events long enough: they get a pass of their own. */
  void statesDue() {
    statesDue = open && states.changed() != 0;
  }

  /** What the stream is like now. */
  public RoomStates states() {
    return states;
  }

  /** The number of the batch that is being brought, or was last. */
  public int batch() {
    return batches;
  }

  public boolean hasWork() {
    return batch != null || !pending.isEmpty() || statesDue;
  }

  /**
   * Serves up to {@code budget} viewers.
   *
   * @return how many were met; at least 1, so that rooms without viewers cost their turn too
   */
  int advance(int budget, ByteBufAllocator alloc, DeliveryStats stats) {
    FanOutBatch current = batch;
    if (current == null) {
      List<OutboundMessage> items = next();
      int events = items.size();
      int kinds = states.takeChanged(items);
      statesDue = false;
      current = new FanOutBatch(alloc, items, events, kinds, ++batches);
      batch = current;
      cursor = size;
    }
    int met = 0;
    while (cursor > 0 && met < budget) {
      cursor--;
      met++;
      seats[cursor].offer(current, stats);
    }
    if (cursor == 0) {
      current.release();
      batch = null;
      stats.passed();
    }
    return Math.max(met, 1);
  }

  /** The room is gone: nothing more is brought. */
  public void drop() {
    if (batch != null) {
      batch.release();
      batch = null;
    }
    pending.clear();
  }

  /** As much as one pass may carry; mostly all there is. */
  private List<OutboundMessage> next() {
    List<OutboundMessage> all = pending;
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
    OutboundMessage lost = OutboundMessage.of(new ViewerShard.Gap(pending.get(0).offset(), last));
    meters.overflows.increment();
    pending = new ArrayList<>(List.of(lost));
    pendingBytes = lost.size();
  }
}
