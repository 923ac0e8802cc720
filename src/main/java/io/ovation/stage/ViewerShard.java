package io.ovation.stage;

import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's viewers, as the supervisor calls them. Methods may be called from any thread and
 * return at once; calls made by one thread take effect in their order.
 */
public interface ViewerShard {

  /**
   * Answers {@link StreamSubscriptions#subscribe}: the stream is routed to this node. All events
   * above {@code offset} follow.
   */
  void subscribed(String stream, long offset);

  /** Answers {@link StreamSubscriptions#subscribe}: the stream could not be opened. */
  void subscribeFailed(String stream, String code, String detail);

  /** Delivers the stream's next events, in order. */
  void deliver(String stream, List<Event> events);

  /**
   * The same.
   *
   * @param written called once, on any thread, with the number of viewers when the events are
   *     written to all of them
   */
  default void deliver(String stream, List<Event> events, IntConsumer written) {
    deliver(stream, events);
    written.accept(0);
  }

  /** Notifies the stream's viewers that the events in {@code from..to} are lost to this node. */
  void deliverGap(String stream, long from, long to);

  /**
   * Delivers a newer state of a stream. A viewer that is behind gets the newest state of each kind
   * only; a viewer that joins gets the newest states after {@code watching}.
   */
  void deliverState(StateUpdate state);

  /**
   * Answers {@link StreamSubscriptions#requestReplay}. Everything up to {@code replay.to} has been
   * delivered to the shard before this call.
   *
   * @param viewer as given with the request
   */
  void deliverReplay(Object viewer, Replay replay);

  /**
   * Ends these watches and their connections: their users now watch another stream on another
   * connection.
   *
   * @param watches numbers of {@link StreamSubscriptions.WatchChange}
   */
  void endWatches(Set<Long> watches);

  /** Asks for all current watches to be reported again, spread over time. */
  void resendWatches();

  /**
   * The events that a returning viewer missed.
   *
   * @param gap a range in front of {@code events} that is lost; null for none
   * @param events in order; the list may be shared by many replays
   * @param holes ranges among the events that are lost, in order
   * @param to the offset after which live events follow
   */
  record Replay(String stream, @Nullable Gap gap, List<Event> events, List<Gap> holes, long to) {}

  /** A range of lost events; both ends are lost too. */
  record Gap(long from, long to) {}
}
