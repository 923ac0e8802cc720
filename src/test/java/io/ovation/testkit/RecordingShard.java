package io.ovation.testkit;

import io.ovation.stage.ViewerShard;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Writes down what a supervisor says, in the order it said it. */
public final class RecordingShard implements ViewerShard {
  private final List<Said> said = new ArrayList<>();

  /** One thing said of a stream. */
  public sealed interface Said {
    String stream();
  }

  public record Opened(String stream, long offset) implements Said {}

  public record Refused(String stream, String code) implements Said {}

  public record Delivered(String stream, long offset, String id, String json) implements Said {}

  public record Told(String stream, StateUpdate state) implements Said {}

  /** These connections must end; of no stream. */
  public record Elsewhere(String stream, Set<Long> connections) implements Said {}

  public record Again(String stream) implements Said {}

  public record Lost(String stream, long from, long to) implements Said {}

  public record Replayed(String stream, Object viewer, Replay replay) implements Said {}

  @Override
  public synchronized void subscribed(String stream, long offset) {
    add(new Opened(stream, offset));
  }

  @Override
  public synchronized void subscribeFailed(String stream, String code, String detail) {
    add(new Refused(stream, code));
  }

  @Override
  public synchronized void deliver(String stream, List<Event> events) {
    events.forEach(
        e -> add(new Delivered(stream, e.getOffset(), e.getId(), e.getJson().toStringUtf8())));
  }

  @Override
  public synchronized void deliverState(StateUpdate state) {
    add(new Told(state.getStream(), state));
  }

  @Override
  public synchronized void endWatches(Set<Long> connections) {
    add(new Elsewhere("", connections));
  }

  @Override
  public synchronized void resendWatches() {
    add(new Again(""));
  }

  @Override
  public synchronized void deliverGap(String stream, long from, long to) {
    add(new Lost(stream, from, to));
  }

  @Override
  public synchronized void deliverReplay(Object viewer, Replay replay) {
    add(new Replayed(replay.stream(), viewer, replay));
  }

  private void add(Said what) {
    said.add(what);
    notifyAll();
  }

  public synchronized List<Said> said() {
    return List.copyOf(said);
  }

  public synchronized <T extends Said> List<T> all(Class<T> type) {
    return said.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The ids delivered, in order. */
  public List<String> ids() {
    return all(Delivered.class).stream().map(Delivered::id).toList();
  }

  /** Waits until the record passes the check; fails after ten seconds. */
  public synchronized void await(Predicate<RecordingShard> check) {
    long end = System.nanoTime() + 10_000_000_000L;
    try {
      while (!check.test(this)) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new AssertionError("not within 10 s; so far: " + said);
        }
        // What the check asks about may change without a word to the shard.
        wait(Math.min(left, 20));
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public void awaitDelivered(int count) {
    await(s -> s.all(Delivered.class).size() >= count);
  }
}
