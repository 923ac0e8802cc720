package io.ovation.deliver.fanout;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.StateUpdate;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The newest state of each kind of a room's stream, and which kinds changed. One loop. */
public final class NewestStates {
  /** Begins the line that lists all that is retained: for viewers who come back. */
  private static final String LIST = "{\"type\":\"retained\"";

  private @Nullable StateUpdate[] newest = new StateUpdate[0];
  private int changed;

  public static int bit(StateUpdate.Kind kind) {
    return 1 << kind.getNumber();
  }

  /** The message for a viewer that gets the state alone. */
  public static String snapshot(StateUpdate state) {
    ByteString snapshot = state.getSnapshot();
    return (snapshot.isEmpty() ? state.getJson() : snapshot).toStringUtf8();
  }

  /** The messages for a viewer that gets the state alone: one, or one for each line. */
  public static List<String> snapshots(StateUpdate state) {
    return state.getKind() == StateUpdate.Kind.RETAINED
        ? state.getSnapshot().toStringUtf8().lines().toList()
        : List.of(snapshot(state));
  }

  public static boolean isList(String line) {
    return line.startsWith(LIST);
  }

  /** A kind that this version does not know comes from a newer node and is ignored. */
  void update(StateUpdate state) {
    if (state.getKind() == StateUpdate.Kind.UNRECOGNIZED) {
      return;
    }
    if (newest.length == 0) {
      newest = new StateUpdate[StateUpdate.Kind.values().length];
    }
    newest[state.getKind().getNumber()] = state;
    if (state.getKind() != StateUpdate.Kind.RETAINED) {
      // Viewers that are there have received the events themselves.
      changed |= bit(state.getKind());
    }
  }

  void markChanged(int kinds) {
    changed |= kinds;
  }

  boolean hasChanged() {
    return changed != 0;
  }

  /** Adds the changed states behind a batch's events and returns their kinds, one bit each. */
  int takeChanged(List<OutboundMessage> items) {
    int kinds = changed;
    each(kinds, state -> items.add(OutboundMessage.of(state)));
    changed = 0;
    return kinds;
  }

  /** The kinds of which there is a state, one bit each. */
  public int known() {
    int kinds = 0;
    for (int kind = 0; kind < newest.length; kind++) {
      kinds |= newest[kind] == null ? 0 : 1 << kind;
    }
    return kinds;
  }

  public void each(int kinds, Consumer<StateUpdate> action) {
    for (int kind = 0; kind < newest.length; kind++) {
      StateUpdate state = newest[kind];
      if (state != null && (kinds & 1 << kind) != 0) {
        action.accept(state);
      }
    }
  }
}
