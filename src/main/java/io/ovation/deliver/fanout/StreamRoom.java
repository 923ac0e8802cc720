package io.ovation.deliver.fanout;

import io.netty.buffer.ByteBufAllocator;
import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.DeliverySettings;
import io.ovation.deliver.Viewer;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream's viewers on one loop, and the messages that wait to be sent to them.
 *
 * <p>A fan-out walks the viewers from the last to the first. Viewers that join meanwhile are behind
 * it. When one leaves, the last takes its place: that one has been served already, or is served
 * there. If it is offered a batch twice, its own position makes that harmless.
 */
public final class StreamRoom {
  /** Traced batches that wait for their write at a time; further ones have no span. */
  private static final int MOST_TRACED = 100;

  public final String stream;

  /** The number of viewers that was last reported; kept by the shard. */
  public int reportedCount;

  /** Whether the number of viewers changed since; kept by the shard. */
  public boolean countChanged;

  /** Whether the room is queued for a turn; kept by {@link FanOutScheduler}. */
  boolean queued;

  /** Whether {@link #statesDue} will be called; kept by {@link FanOutScheduler}. */
  boolean statesTimerSet;

  private final DeliverySettings settings;
  private final DeliveryMetrics metrics;
  private final DenseArray<Viewer> viewers =
      new DenseArray<>(viewer -> viewer.roomIndex, (viewer, index) -> viewer.roomIndex = index);
  private final NewestStates states = new NewestStates();
  private boolean open;
  private long last;
  private List<OutboundMessage> pending = new ArrayList<>(4);
  private long pendingBytes;

  /** Monotonic, of the first pending message; 0 for none. */
  private long pendingNanos;

  /** Of the messages of the current batch. */
  private long batchNanos;

  private long batchAcceptedMs;
  private boolean statesDue;
  private @Nullable FanOutBatch batch;

  /** Of traced batches: called when nothing is left to write. */
  private @Nullable List<IntConsumer> afterWrite;

  private int batches;

  /** The viewers below this index have not been offered the current batch. */
  private int cursor;

  public StreamRoom(String stream, DeliverySettings settings, DeliveryMetrics metrics) {
    this.stream = stream;
    this.settings = settings;
    this.metrics = metrics;
  }

  public int size() {
    return viewers.size();
  }

  /** Whether the stream is subscribed to; before, viewers wait. */
  public boolean isOpen() {
    return open;
  }

  /** All events up to this offset have been added, or were before the room. */
  public long last() {
    return last;
  }

  public void open(long offset) {
    open = true;
    last = offset;
  }

  public void add(Viewer viewer) {
    viewers.add(viewer);
  }

  public void remove(Viewer viewer) {
    viewers.remove(viewer);
    cursor = Math.min(cursor, viewers.size());
  }

  /** The action may remove the viewer that it is given. */
  public void each(Consumer<Viewer> action) {
    for (int i = viewers.size() - 1; i >= 0; i--) {
      if (i < viewers.size()) {
        action.accept(viewers.get(i));
      }
    }
  }

  /** Adds messages to be sent; those that were added before are ignored. */
  public void add(List<OutboundMessage> messages) {
    if (pendingNanos == 0) {
      pendingNanos = System.nanoTime();
    }
    for (OutboundMessage message : messages) {
      if (message.offset() > last) {
        last = message.offset();
        pending.add(message);
        pendingBytes += message.size();
      }
    }
    if (pendingBytes > settings.pendingBytes()) {
      metrics.overflows.increment();
      long from = pending.get(0).from();
      pending = new ArrayList<>(4);
      pendingBytes = 0;
      addGap(from, last);
    }
  }

  /** Calls {@code written} with the number of viewers once all messages so far are written. */
  public void afterWrite(IntConsumer written) {
    if (!hasWork()) {
      written.accept(size());
    } else if (afterWrite == null || afterWrite.size() < MOST_TRACED) {
      afterWrite = afterWrite == null ? new ArrayList<>(1) : afterWrite;
      afterWrite.add(written);
    }
  }

  private void allWritten() {
    List<IntConsumer> waiting = afterWrite;
    if (waiting != null) {
      afterWrite = null;
      waiting.forEach(written -> written.accept(size()));
    }
  }

  public void update(StateUpdate state) {
    states.update(state);
  }

  /** The changed states have waited for events long enough and get a batch of their own. */
  void statesDue() {
    statesDue = open && states.hasChanged();
  }

  public NewestStates states() {
    return states;
  }

  /** The number of the current or last batch. */
  public int batchNumber() {
    return batches;
  }

  public boolean hasWork() {
    return batch != null || !pending.isEmpty() || statesDue;
  }

  /** Offers the current or next batch to up to {@code budget} viewers; returns how many, or 1. */
  int advance(int budget, ByteBufAllocator alloc, FanOutStats stats) {
    FanOutBatch current = batch;
    if (current == null) {
      current = nextBatch(alloc);
      batch = current;
      cursor = viewers.size();
    }
    int served = 0;
    while (cursor > 0 && served < budget) {
      cursor--;
      served++;
      viewers.get(cursor).offer(current, stats);
    }
    if (cursor == 0) {
      batch = null;
      current.release();
      stats.batchDone();
      if (current.events() > 0) {
        metrics.written(batchNanos, batchAcceptedMs);
      }
      if (pending.isEmpty()) {
        allWritten();
      }
    }
    return Math.max(served, 1);
  }

  /**
   * Drops the current batch: viewers that did not get it are sent a gap instead, and its states
   * again. Unless memory was short, the viewer at which it failed is disconnected, so that it can
   * not make the next batch fail too; it resumes from its own position.
   */
  void abandonBatch(Throwable cause) {
    FanOutBatch failed = batch;
    if (failed == null) {
      return;
    }
    batch = null;
    if (failed.events() > 0) {
      addGap(failed.item(0).from(), failed.last());
    }
    states.markChanged(failed.kinds());
    statesDue();
    failed.release();
    if (cursor < viewers.size() && !(cause instanceof OutOfMemoryError)) {
      viewers.get(cursor).abort();
    }
  }

  public void drop() {
    if (batch != null) {
      batch.release();
      batch = null;
    }
    pending.clear();
    allWritten();
  }

  /** Puts a gap in front of the pending messages. */
  private void addGap(long from, long to) {
    OutboundMessage gap = OutboundMessage.of(new Gap(from, to));
    pending.add(0, gap);
    pendingBytes += gap.size();
  }

  /** Takes as many pending messages as a batch may have; usually all. */
  private FanOutBatch nextBatch(ByteBufAllocator alloc) {
    List<OutboundMessage> items = nextMessages();
    int events = items.size();
    batchNanos = pendingNanos;
    pendingNanos = pending.isEmpty() ? 0 : pendingNanos;
    batchAcceptedMs = events == 0 ? 0 : items.get(0).acceptedMs();
    int kinds = states.takeChanged(items);
    statesDue = false;
    return new FanOutBatch(alloc, items, events, kinds, ++batches);
  }

  /** As many as fit; one with an audience is a batch of its own. */
  private List<OutboundMessage> nextMessages() {
    List<OutboundMessage> all = pending;
    int count = 0;
    long bytes = 0;
    while (count < all.size() && (count == 0 || joins(all, count, bytes))) {
      bytes += all.get(count++).size();
    }
    if (count == all.size()) {
      pending = new ArrayList<>(4);
      pendingBytes = 0;
      return all;
    }
    pending = new ArrayList<>(all.subList(count, all.size()));
    pendingBytes -= bytes;
    return new ArrayList<>(all.subList(0, count));
  }

  private boolean joins(List<OutboundMessage> all, int next, long bytes) {
    OutboundMessage message = all.get(next);
    return bytes + message.size() <= settings.batchBytes()
        && message.audience() == null
        && all.get(0).audience() == null;
  }
}
