package io.ovation.dispatch.comments;

import io.ovation.store.Store;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Origin;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Effect;
import io.ovation.wire.proto.Event;
import org.jspecify.annotations.Nullable;

/** An event's effect as the store applies it. */
public final class EffectMapper {
  /** Events of different names that a stream retains. */
  static final int RETAINED = 16;

  private EffectMapper() {}

  static Store.Effect of(Effect effect) {
    return switch (effect.getKind()) {
      case DELETE -> Store.Effect.delete(effect.getUser(), effect.getId());
      case PURGE -> Store.Effect.purge(effect.getUser());
      case PIN ->
          Store.Effect.pin(
              effect.getId(),
              effect.getTtlMs(),
              effect.getId().startsWith("r") ? RETAINED : Store.Effect.HELD);
      case UNPIN -> Store.Effect.unpin(effect.getId());
      case NONE, UNRECOGNIZED -> Store.Effect.NONE;
    };
  }

  /** Whether not all viewers may read the event. */
  static boolean hidden(Event event) {
    return event.getModerators() || !event.getOnlyUser().isEmpty();
  }

  /** An event that viewers have received, to be written to history. */
  public static Append delivered(String stream, Event event) {
    return new Append(
        stream,
        event.getUser(),
        event.getId(),
        event.getOffset(),
        EventJson.body(event),
        true,
        hidden(event),
        of(event.getEffect()),
        origin(event));
  }

  static @Nullable Origin origin(Event event) {
    return event.getRegionOffset() == 0
        ? null
        : new Origin(event.getRegion(), event.getRegionOffset(), 0);
  }
}
