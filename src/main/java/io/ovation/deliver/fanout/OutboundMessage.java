package io.ovation.deliver.fanout;

import com.google.protobuf.ByteString;
import io.ovation.deliver.protocol.ServerMessages;
import io.ovation.stage.ViewerShard;
import io.ovation.wire.proto.Event;
import io.ovation.wire.proto.StateUpdate;

/**
 * One message for every viewer of a stream.
 *
 * @param offset who has seen up to here, or further, does not get it; 0 for a state, which has none
 * @param json the message, encoded once in the whole cluster
 */
public record OutboundMessage(long offset, ByteString json) {

  public static OutboundMessage of(Event event) {
    return new OutboundMessage(event.getOffset(), event.getJson());
  }

  public static OutboundMessage of(ViewerShard.Gap gap) {
    return new OutboundMessage(
        gap.to(), ByteString.copyFromUtf8(ServerMessages.gap(gap.from(), gap.to())));
  }

  public static OutboundMessage of(StateUpdate state) {
    return new OutboundMessage(0, state.getJson());
  }

  public int size() {
    return json.size();
  }
}
