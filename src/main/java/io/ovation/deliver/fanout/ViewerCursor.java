package io.ovation.deliver.fanout;

import io.ovation.deliver.DeliveryMetrics;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.stage.ViewerShard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a connection has read its stream, and what it is owed. Subclasses know how it is written
 * to. Used on its shard's loop only.
 *
 * <p>{@code position} decides what is sent: events at or below it never are. It moves on with what
 * is written, with what is skipped because the connection takes no more, and with gaps.
 *
 * <p>What a pass looks at is all here and small: a JVM lays a superclass's fields out first, so
 * that they share the object's first cache lines, and a pass over thousands waits for memory more
 * than for anything else but the kernel.
 */
public abstract class ViewerCursor {
  private long position;
  private long gapFrom;
  private long gapTo;

  /** The batch of the room whose states it was last offered. */
  private int statesOf;

  /** Kinds of states that have changed since it got one, a bit each. */
  private int owed;

  private @Nullable Backlog backlog;
  private @Nullable Ticket ticket;
  private final DeliveryMetrics meters;

  /** Where it is or waits; null before the first watch. Kept by the shard. */
  public @Nullable StreamRoom room;

  /** Its place among the room's seats; kept by the room. */
  public int seat;

  public ViewerCursor(DeliveryMetrics meters) {
    this.meters = meters;
  }

  /** A question to the desk; an answer to any but the last one is void. */
  public static final class Ticket {
    public final ViewerCursor viewer;
    public final long askedAt;

    private Ticket(ViewerCursor viewer, long askedAt) {
      this.viewer = viewer;
      this.askedAt = askedAt;
    }
  }

  /** Whether its buffer has room. */
  public abstract boolean writable();

  /** Whether a quarter of its buffer is taken: from then on it gets the newest states only. */
  public abstract boolean crowded();

  /** Writes the batch's events from that one on, and its states; answers the bytes. */
  public abstract int write(FanOutBatch batch, int from, boolean states);

  /** Writes what only this viewer gets. */
  public abstract void write(List<OutboundMessage> items);

  /** Writes one message of its own. */
  public abstract void send(String json);

  /** The same, for a message after which the viewer stands at {@code position}. */
  public void send(String json, long position) {
    send(json);
  }

  /**
   * What comes next is above {@code offset}; what it was owed before is void.
   *
   * @param batch the room's at this moment, whose states it will have
   */
  public final void startAt(long offset, int batch) {
    position = offset;
    statesOf = batch;
    owed = 0;
    gapTo = 0;
    backlog = null;
    ticket = null;
  }

  /** Holds back what comes until the desk has said what was missed. */
  public final Ticket awaitReplay(long now, long limit) {
    backlog = new Backlog(limit);
    ticket = new Ticket(this, now);
    return ticket;
  }

  public final @Nullable Ticket ticket() {
    return ticket;
  }

  /** A pass is here. */
  public final void offer(FanOutBatch batch, DeliveryStats stats) {
    int from = batch.after(position);
    boolean events = from < batch.events();
    // Seats are swapped, so a pass may meet a viewer twice.
    boolean states = batch.kinds() != 0 && statesOf != batch.number();
    if (states) {
      statesOf = batch.number();
      states = takesStates(batch, stats);
    }
    if (backlog != null) {
      if (events && !backlog.add(batch, from)) {
        giveUp(batch.last());
      }
    } else if (!writable()) {
      if (events) {
        skip(batch.item(from).offset(), batch.last());
        stats.skipped(batch.events() - from);
      }
    } else if (events || states) {
      if (gapTo != 0) {
        tellGap();
      }
      position = Math.max(position, batch.last());
      stats.delivered(batch.end(states) - from, write(batch, from, states));
    }
  }

  /** Whether it gets the states with this batch; if not, it is owed the newest. */
  private boolean takesStates(FanOutBatch batch, DeliveryStats stats) {
    if (backlog == null && writable() && !crowded()) {
      owed &= ~batch.kinds();
      return true;
    }
    stats.conflated(Integer.bitCount(batch.kinds() & owed));
    owed |= batch.kinds();
    return false;
  }

  /** It will get the newest states of these kinds when it is no longer behind. */
  public final void owe(int kinds) {
    owed |= kinds;
  }

  /** Pays the states it is owed if it can take them now. */
  public final void settle() {
    StreamRoom in = room;
    if (owed != 0 && in != null && backlog == null && writable() && !crowded()) {
      int kinds = owed;
      owed = 0;
      in.states().each(kinds, state -> send(RoomStates.snapshot(state)));
    }
  }

  /**
   * The desk's answer: what was missed goes out first, then what was held back, then it is live.
   *
   * @param missed the answer's events and holes
   */
  public final void replayed(ViewerShard.Replay replay, List<OutboundMessage> missed) {
    ticket = null;
    if (backlog == null) {
      return;
    }
    ViewerShard.Gap gap = replay.gap();
    if (gap != null && gap.to() > position) {
      position = gap.to();
      meters.gaps.increment();
      send(ServerMessages.gap(gap.from(), gap.to()), gap.to());
    }
    meters.gaps.increment(replay.holes().size());
    backlog.answer(missed, replay.to());
    catchUp();
    settle();
  }

  /** What it was to catch up with is lost to it; it goes live above {@code to}. */
  public final void giveUp(long to) {
    backlog = null;
    ticket = null;
    if (to > position) {
      skip(position + 1, to);
      if (writable()) {
        tellGap();
      }
    }
  }

  /** Its buffer has room again. */
  public final void drained() {
    if (gapTo != 0) {
      tellGap();
    }
    catchUp();
    settle();
  }

  private void skip(long from, long to) {
    if (gapTo == 0) {
      gapFrom = from;
      meters.slow.increment();
    }
    gapTo = to;
    position = to;
  }

  private void tellGap() {
    long to = gapTo;
    gapTo = 0;
    meters.gaps.increment();
    send(ServerMessages.gap(gapFrom, to), to);
  }

  private void catchUp() {
    while (backlog != null && backlog.answered() && writable()) {
      List<OutboundMessage> next = backlog.take(position);
      if (backlog.isEmpty()) {
        backlog = null;
      }
      if (!next.isEmpty()) {
        position = next.get(next.size() - 1).offset();
        write(next);
      }
    }
  }
}
