package io.ovation.deliver.fanout;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.stage.ViewerShard.Replay;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A viewer's position in its stream, and the messages still due to it. Subclasses write to the
 * connection. Used on its shard's loop only.
 *
 * <p>Events at or below {@code position} are never sent. It advances with each event that is
 * written, or skipped because the connection takes no more, and with each gap.
 *
 * <p>Everything that a fan-out reads is in this class, and small: a JVM lays out a superclass's
 * fields first, so that they share the object's first cache lines. A fan-out to thousands of
 * viewers waits for memory more than for anything but the kernel.
 */
public abstract class FanOutTarget {
  private long position;

  /** The range of events that were skipped and not yet reported; {@code gapTo} 0 for none. */
  private long gapFrom;

  private long gapTo;
  private int statesBatch;

  /** Kinds of states that changed since the viewer got one, one bit each. */
  private int pendingStates;

  private @Nullable CatchUpBuffer catchUp;
  private @Nullable ReplayRequest replayRequest;
  private @Nullable LongUnaryOperator welcome;
  private final DeliveryMetrics metrics;

  /** The room that the viewer is in; null before its first watch. Kept by the shard. */
  public @Nullable StreamRoom room;

  /** Its index among the room's viewers; kept by the room. */
  public int roomIndex;

  public FanOutTarget(DeliveryMetrics metrics) {
    this.metrics = metrics;
  }

  /** Identifies one request for a replay; only the answer to a viewer's newest request counts. */
  public record ReplayRequest(FanOutTarget viewer, long requestedAt) {}

  /** Whether it receives what is meant for these viewers only. */
  public abstract boolean isOf(OutboundMessage.Audience audience);

  /** Whether the connection's buffer is below its high-water mark. */
  public abstract boolean writable();

  /** Whether a quarter of the buffer is used: from then on only the newest states are sent. */
  public abstract boolean nearHighWaterMark();

  /** Writes the batch's events from index {@code from} on, and its states; returns the bytes. */
  public abstract int write(FanOutBatch batch, int from, boolean states);

  /** Writes messages to this viewer only. */
  public abstract void write(List<OutboundMessage> messages);

  /** Writes one message to this viewer only. */
  public abstract void send(String json);

  /** The same for a message that moves the viewer to {@code position}. */
  public void send(String json, long position) {
    send(json);
  }

  /**
   * Starts at {@code offset}: the next event is above it. Whatever was due before is dropped.
   *
   * @param batch the number of the room's current batch, whose states the viewer is not sent
   */
  public final void startAt(long offset, int batch) {
    position = offset;
    statesBatch = batch;
    pendingStates = 0;
    gapTo = 0;
    catchUp = null;
    replayRequest = null;
    welcome = null;
  }

  /**
   * Holds back all events until the replay has arrived.
   *
   * @param limit bytes that may be held back
   */
  public final ReplayRequest awaitReplay(long now, long limit) {
    catchUp = new CatchUpBuffer(limit);
    replayRequest = new ReplayRequest(this, now);
    return replayRequest;
  }

  /**
   * Sends nothing until the replay has arrived, for a viewer that may be ahead of this node.
   *
   * @param welcome sends the viewer its first message; it receives the offset up to which the
   *     replay goes, and returns the one where the viewer starts
   */
  public final ReplayRequest awaitPosition(long now, long limit, LongUnaryOperator welcome) {
    this.welcome = welcome;
    return awaitReplay(now, limit);
  }

  private void welcome(long to) {
    LongUnaryOperator due = welcome;
    if (due != null) {
      welcome = null;
      position = Math.max(position, due.applyAsLong(to));
    }
  }

  public final @Nullable ReplayRequest replayRequest() {
    return replayRequest;
  }

  /** Takes what it has not got of a batch of its room. */
  public final void offer(FanOutBatch batch, FanOutStats stats) {
    OutboundMessage.Audience audience = batch.audience();
    int from = audience == null || isOf(audience) ? batch.after(position) : batch.events();
    boolean events = from < batch.events();
    // A viewer whose index changed may be offered a batch twice.
    boolean states = batch.kinds() != 0 && statesBatch != batch.number();
    if (states) {
      statesBatch = batch.number();
      states = takesStates(batch, stats);
    }
    if (catchUp != null) {
      if (events && !catchUp.add(batch, from)) {
        abandonReplay(batch.last());
      }
    } else if (!writable()) {
      if (events) {
        skip(batch.item(from).from(), batch.last());
        stats.skipped(batch.events() - from);
      }
    } else if (events || states) {
      if (gapTo != 0) {
        sendGap();
      }
      int bytes = write(batch, from, states);
      position = Math.max(position, batch.last());
      stats.delivered(batch.end(states) - from, bytes);
    }
  }

  /** Whether it takes the batch's states now; if not, it gets the newest later. */
  private boolean takesStates(FanOutBatch batch, FanOutStats stats) {
    if (canTakeStates()) {
      pendingStates &= ~batch.kinds();
      return true;
    }
    stats.conflated(Integer.bitCount(batch.kinds() & pendingStates));
    pendingStates |= batch.kinds();
    return false;
  }

  /** Whether it has caught up and its connection takes more. */
  public final boolean canTakeStates() {
    return catchUp == null && writable() && !nearHighWaterMark();
  }

  /** Makes the newest states of these kinds due once the viewer has caught up. */
  public final void addPendingStates(int kinds) {
    pendingStates |= kinds;
  }

  /** Sends the pending states if the viewer can take them now. */
  public final void flushPendingStates() {
    StreamRoom in = room;
    if (pendingStates != 0 && in != null && canTakeStates()) {
      int kinds = pendingStates;
      pendingStates = 0;
      in.states().each(kinds, state -> NewestStates.snapshots(state).forEach(this::send));
    }
  }

  /**
   * Takes the answer to the replay request: first what was missed is sent, then what was held back.
   *
   * @param missed the replay's events and holes
   */
  public final void deliverReplay(Replay replay, List<OutboundMessage> missed) {
    replayRequest = null;
    if (catchUp == null) {
      return;
    }
    welcome(replay.to());
    Gap gap = replay.gap();
    if (gap != null && gap.to() > position) {
      position = gap.to();
      metrics.gaps.increment();
      send(ServerMessages.gap(gap.from(), gap.to()), gap.to());
    }
    metrics.gaps.increment(replay.holes().size());
    if (!missed.isEmpty()) {
      // Of the events before the join that the viewer asked for.
      position = Math.min(position, missed.get(0).from() - 1);
    }
    catchUp.complete(missed, replay.to());
    catchUp();
    flushPendingStates();
  }

  /** Goes live above {@code to} without the replay; everything up to there becomes a gap. */
  public final void abandonReplay(long to) {
    catchUp = null;
    replayRequest = null;
    welcome(position);
    if (to > position) {
      skip(position + 1, to);
      if (writable()) {
        sendGap();
      }
    }
  }

  /** Sends what is due, if anything is and the connection takes it. */
  public final void continueIfWritable() {
    if (writable()) {
      resume();
    }
  }

  /** The connection has become writable again. */
  protected final void resume() {
    if (gapTo != 0) {
      sendGap();
    }
    catchUp();
    flushPendingStates();
  }

  private void skip(long from, long to) {
    if (gapTo == 0) {
      gapFrom = Math.max(from, position + 1);
      metrics.slow.increment();
    }
    gapTo = to;
    position = to;
  }

  private void sendGap() {
    long to = gapTo;
    gapTo = 0;
    metrics.gaps.increment();
    send(ServerMessages.gap(gapFrom, to), to);
  }

  private void catchUp() {
    while (catchUp != null && catchUp.isComplete() && writable()) {
      List<OutboundMessage> next = catchUp.take(position);
      if (catchUp.isEmpty()) {
        catchUp = null;
      }
      if (!next.isEmpty()) {
        // Before the write, which comes back here if the socket takes everything at once.
        long before = position;
        position = next.get(next.size() - 1).offset();
        try {
          write(next);
        } catch (RuntimeException | Error e) {
          gapFrom = gapTo == 0 ? before + 1 : gapFrom;
          gapTo = position;
          throw e;
        }
      }
    }
  }
}
