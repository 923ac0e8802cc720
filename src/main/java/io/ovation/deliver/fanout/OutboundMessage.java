package io.ovation.deliver.fanout;

import com.google.protobuf.ByteString;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;
import org.jspecify.annotations.Nullable;

/**
 * A message for all viewers of a stream.
 *
 * @param from the first offset that it covers: below {@code offset} for a gap only
 * @param offset viewers at this position or above do not get it; 0 for a state, which has none
 * @param json encoded once in the whole cluster
 * @param audience the only viewers that receive it; null for all
 * @param acceptedMs when ingress accepted it, in milliseconds since 1970; 0 if that is not known
 */
public record OutboundMessage(
    long from, long offset, ByteString json, @Nullable Audience audience, long acceptedMs) {

  /**
   * Some viewers of a stream.
   *
   * @param user their user; empty for the moderators
   */
  public record Audience(String user) {}

  public OutboundMessage(long from, long offset, ByteString json) {
    this(from, offset, json, null, 0);
  }

  public OutboundMessage(long offset, ByteString json) {
    this(offset, offset, json);
  }

  public static OutboundMessage of(Event event) {
    Audience audience =
        event.getModerators() || !event.getOnlyUser().isEmpty()
            ? new Audience(event.getOnlyUser())
            : null;
    long offset = event.getOffset();
    return new OutboundMessage(offset, offset, event.getJson(), audience, event.getAcceptedMs());
  }

  public static OutboundMessage of(Gap gap) {
    String json = ServerMessages.gap(gap.from(), gap.to());
    return new OutboundMessage(gap.from(), gap.to(), ByteString.copyFromUtf8(json));
  }

  public static OutboundMessage of(StateUpdate state) {
    return new OutboundMessage(0, state.getJson());
  }

  public int size() {
    return json.size();
  }
}
