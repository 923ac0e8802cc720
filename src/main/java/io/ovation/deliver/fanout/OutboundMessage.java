package io.ovation.deliver.fanout;

import com.google.protobuf.ByteString;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.stage.ViewerShard.Gap;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;

/**
 * A message for all viewers of a stream.
 *
 * @param from the first offset that it covers: below {@code offset} for a gap only
 * @param offset viewers at this position or above do not get it; 0 for a state, which has none
 * @param json encoded once in the whole cluster
 */
public record OutboundMessage(long from, long offset, ByteString json) {

  public OutboundMessage(long offset, ByteString json) {
    this(offset, offset, json);
  }

  public static OutboundMessage of(Event event) {
    return new OutboundMessage(event.getOffset(), event.getJson());
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
