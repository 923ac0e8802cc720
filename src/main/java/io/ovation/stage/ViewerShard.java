package io.ovation.stage;

import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import java.util.List;
import java.util.Set;

/**
 * One event loop's viewers, as the supervisor sees them. Methods may be called from any thread and
 * return at once; what one thread says takes effect in the order it was said.
 */
public interface ViewerShard {

  /**
   * The stream asked for by {@link StreamSubscriptions#open} is routed here: what follows is above
   * {@code offset}.
   */
  void opened(String stream, long offset);

  /** The stream could not be opened; those who wait for it are told so. */
  void refused(String stream, String code, String detail);

  /** The stream's next events, in order. */
  void deliver(String stream, List<Event> events);

  /**
   * What an opened stream is like now. Viewers get it with the next pass; one that is behind gets
   * only the newest of each kind, and who joins later gets it after {@code watching}.
   */
  void state(StateUpdate state);

  /** The users of these watches watch another stream on another connection now. */
  void elsewhere(Set<Long> connections);

  /** All watches must be told to the desk again, at leisure. */
  void watchingAgain();

  /** Events in {@code from..to} are lost to this node. */
  void gap(String stream, long from, long to);

  /**
   * The answer to {@link StreamSubscriptions#replay}: all up to {@code to} has been delivered
   * before this call.
   */
  void replayed(Object viewer, Replay replay);

  /**
   * What a returning viewer missed.
   *
   * @param gap events in {@code gap.from..gap.to} are gone, if not null; the rest follows it
   * @param events in order; many viewers' may be one and the same list
   * @param holes what is gone among the events, in order
   * @param to where it goes live
   */
  record Replay(
      String stream,
      @org.jspecify.annotations.Nullable Gap gap,
      List<Event> events,
      List<Gap> holes,
      long to) {}

  /** Both ends are lost too. */
  record Gap(long from, long to) {}
}
