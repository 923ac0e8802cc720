package io.ovation.deliver;

import com.google.protobuf.ByteString;
import io.ovation.bus.Shard;
import io.ovation.bus.proto.Event;
import io.ovation.bus.proto.State;

/**
 * One message for every viewer of a stream.
 *
 * @param offset who has seen up to here, or further, does not get it; 0 for a state, which has none
 * @param json the message, encoded once in the whole cluster
 */
record Item(long offset, ByteString json) {

  static Item of(Event event) {
    return new Item(event.getOffset(), event.getJson());
  }

  static Item of(Shard.Gap gap) {
    return new Item(gap.to(), ByteString.copyFromUtf8(ServerMessages.gap(gap.from(), gap.to())));
  }

  static Item of(State state) {
    return new Item(0, state.getJson());
  }

  int size() {
    return json.size();
  }
}
