package io.ovation.deliver;

import io.ovation.auth.Caller;
import io.ovation.deliver.fanout.FanOutTarget;
import io.ovation.deliver.fanout.OutboundMessage;
import io.ovation.deliver.protocol.CloseCode;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.deliver.transport.Transport;
import io.ovation.http.limits.ConnectionLimits;
import org.jspecify.annotations.Nullable;

/**
 * One connection: its user, and when it is to be pinged, asked to reconnect and closed. Subclasses
 * write to it. Times are the shard's milliseconds ({@link EventLoopShard#now}). Used on its shard's
 * loop only.
 */
public abstract class Viewer extends FanOutTarget {
  static final long FROM_NOW = -1;

  /** Its last position was in another region, whose offsets mean nothing here. */
  static final long FROM_OTHER_REGION = -2;

  public final Transport transport;

  /** Its index among the shard's connections; kept by them. */
  public int connectionIndex;

  String user = "";

  /** As the token of its current watch says. */
  Caller caller = Caller.ANONYMOUS;

  /** Of the client; empty where it is not needed. */
  public String address = "";

  /** What it counts for; null before its first watch, and without limits. */
  public ConnectionLimits.@Nullable Slot slot;

  /** How many watches it has begun: an older one may not end after a newer one. */
  int watches;

  /** How many of the newest comments it asked for when it joined. */
  int last;

  /** Whether it receives what is meant for moderators. */
  boolean moderator;

  /** The number of its current watch, or 0; kept by {@link ShardWatchReporter}. */
  long watch;

  /** {@link System#nanoTime} when that watch began. */
  long watchBegan;

  /** Its last position; {@link #FROM_NOW} or {@link #FROM_OTHER_REGION}. */
  long since = FROM_NOW;

  /** Its comments that have been submitted and are not answered yet. */
  int unansweredComments;

  /** What it sent in the second that began at {@code rateWindowAt}. */
  int messagesInWindow;

  int framesInWindow;
  int watchesInWindow;

  long rateWindowAt;

  /** When it last proved to be alive. */
  public long aliveAt;

  public long pingedAt;

  /** Since when it watches nothing; only valid while it does. */
  public long idleSince;

  /** When its buffer became full; -1 while it is writable. */
  public long fullSince = -1;

  public long expiresAt = Long.MAX_VALUE;

  /** When it is asked to reconnect because its token ends, and how much is left of it then. */
  public long tokenEndsAt = Long.MAX_VALUE;

  public long tokenLeftMs;

  /** Whether it was asked to. */
  public boolean tokenEnded;

  /** When it is disconnected unless it leaves before; -1 until it is asked to reconnect. */
  public long leaveBy = -1;

  /** When its socket is closed at the latest; -1 until the connection is being closed. */
  public long closeBy = -1;

  public Viewer(Transport transport, DeliveryMetrics metrics) {
    super(metrics);
    this.transport = transport;
  }

  @Override
  public final boolean isOf(OutboundMessage.Audience audience) {
    return audience.user().isEmpty() ? moderator : audience.user().equals(user);
  }

  /**
   * Asks it to reconnect {@code afterMs} from now.
   *
   * @param code closes the connection of a client that can't leave by itself
   */
  public void reconnect(long afterMs, String reason, CloseCode code) {
    send(ServerMessages.reconnect(afterMs, reason));
  }

  /** Sends a heartbeat to which the other side answers. */
  public abstract void ping();

  /** Begins to close the connection; what is sent afterwards is lost. */
  public abstract void close(CloseCode code);

  /** Closes the socket at once; what still waits in it is lost. */
  public abstract void abort();

  public final boolean isClosing() {
    return closeBy >= 0;
  }

  public final void writabilityChanged(long now) {
    if (writable()) {
      fullSince = -1;
      resume();
    } else {
      fullSince = now;
    }
  }
}
