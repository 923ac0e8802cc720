package io.ovation.supervise;

import com.google.protobuf.ByteString;
import io.ovation.moderation.ModerationTable;
import io.ovation.moderation.StreamSettings;
import io.ovation.wire.proto.StateUpdate;

/**
 * The settings of streams as a state of theirs. They come from this node's own copy, so that
 * viewers receive them whether or not the stream's owner can be reached.
 */
record SettingsPublisher(ModerationTable table) {
  /** A stream is being opened. Nothing is sent for the default settings. */
  void announce(LocalStream stream) {
    StreamSettings given = table.given(stream.name);
    if (given != null) {
      stream.state(of(stream.name, given));
    }
  }

  static StateUpdate of(String stream, StreamSettings settings) {
    return StateUpdate.newBuilder()
        .setStream(stream)
        .setKind(StateUpdate.Kind.SETTINGS)
        .setJson(ByteString.copyFromUtf8(settings.message(stream).encode()))
        .build();
  }
}
