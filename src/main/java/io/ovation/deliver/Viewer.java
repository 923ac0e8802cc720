package io.ovation.deliver;

import io.ovation.deliver.fanout.ViewerCursor;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.protocol.Transport;

/**
 * One connection: who it is, where it stands among others, and when it is to be pinged, asked to
 * leave and closed. Subclasses know how it is written to. Used on its shard's loop only.
 */
public abstract class Viewer extends ViewerCursor {
  static final long FROM_NOW = -1;

  /** It left off in another region, whose offsets say nothing here. */
  static final long FROM_ELSEWHERE = -2;

  public final Transport transport;

  /** Its place among the shard's connections; kept by them. */
  public int index;

  String user = "";

  /**
   * The number of its watch, or 0; with the nanoseconds when it began. Kept by {@link
   * ShardWatchReporter}.
   */
  long watch;

  long watchBegan;

  /** Where it left off; {@link #FROM_NOW}, or {@link #FROM_ELSEWHERE}. */
  long since = FROM_NOW;

  /** Comments of its that the intake has not answered. */
  int unanswered;

  /** Messages in the second that began at {@code window}, in the shard's milliseconds. */
  int heardInWindow;

  long window;

  /** In the shard's milliseconds. */
  public long seenAt;

  public long pingedAt;
  public long idleSince;

  /** When its buffer became full, or -1. */
  public long fullSince = -1;

  /** When its time is over. */
  public long expiresAt = Long.MAX_VALUE;

  /** By when it must have left, or -1 while it was not asked to. */
  public long leaveBy = -1;

  /** By when the socket is closed, or -1 when it stays. */
  public long closeBy = -1;

  public Viewer(Transport transport, DeliveryMetrics meters) {
    super(meters);
    this.transport = transport;
  }

  /**
   * Asks it to connect anew after so many milliseconds.
   *
   * @param code for the connection of one that does not leave by itself
   */
  public void reconnect(long afterMs, String reason, CloseCode code) {
    send(ServerMessages.reconnect(afterMs, reason));
  }

  /** Proves to be here, and asks the other side to. */
  public abstract void ping();

  /** Begins to end the connection; what it is told after is lost. */
  public abstract void end(CloseCode code);

  /** Closes the socket, whatever still waits in it. */
  public abstract void abort();

  public final boolean ending() {
    return closeBy >= 0;
  }

  public final void writabilityChanged(long now) {
    if (writable()) {
      fullSince = -1;
      drained();
    } else {
      fullSince = now;
    }
  }
}
