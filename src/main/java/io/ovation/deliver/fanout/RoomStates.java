package io.ovation.deliver.fanout;

import com.google.protobuf.ByteString;
import io.ovation.wire.proto.StateUpdate;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a room's stream is like now: of each kind the newest, and which changed. One loop. */
public final class RoomStates {
  private @Nullable StateUpdate[] newest = new StateUpdate[0];
  private int changed;

  public static int bit(StateUpdate.Kind kind) {
    return 1 << kind.getNumber();
  }

  public static String snapshot(StateUpdate state) {
    ByteString snapshot = state.getSnapshot();
    return (snapshot.isEmpty() ? state.getJson() : snapshot).toStringUtf8();
  }

  /** A kind that this version does not know comes from a newer node and is left out. */
  void take(StateUpdate state) {
    if (state.getKind() == StateUpdate.Kind.UNRECOGNIZED) {
      return;
    }
    if (newest.length == 0) {
      newest = new StateUpdate[StateUpdate.Kind.values().length];
    }
    newest[state.getKind().getNumber()] = state;
    changed |= bit(state.getKind());
  }

  /** The kinds that changed since they were last taken, a bit each. */
  int changed() {
    return changed;
  }

  /** Adds what changed behind a batch's events; answers the kinds. */
  int takeChanged(List<OutboundMessage> items) {
    int kinds = changed;
    each(kinds, state -> items.add(OutboundMessage.of(state)));
    changed = 0;
    return kinds;
  }

  /** The kinds of which there is a state, a bit each. */
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
