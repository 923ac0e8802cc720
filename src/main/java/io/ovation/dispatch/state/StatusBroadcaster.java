package io.ovation.dispatch.state;

import com.google.protobuf.ByteString;
import io.ovation.dispatch.routing.RoutingTable;
import io.ovation.wire.proto.StateUpdate.Kind;
import java.util.function.BiConsumer;

/** Viewers hear of a stream's status by the partition's board. */
public final class StatusBroadcaster implements LiveStatusTracker.Viewers {
  private final RoutingTable routes;
  private final StateBroadcaster stateBroadcaster;
  private final BiConsumer<String, ByteString> post;

  /**
   * @param post puts a stream's status, as JSON, on the board and lets it be told
   */
  public StatusBroadcaster(
      RoutingTable routes, StateBroadcaster stateBroadcaster, BiConsumer<String, ByteString> post) {
    this.routes = routes;
    this.stateBroadcaster = stateBroadcaster;
    this.post = post;
  }

  @Override
  public boolean watch(String stream) {
    return !routes.of(stream).isEmpty();
  }

  @Override
  public void tell(String stream, boolean live) {
    // Names have no characters that JSON would escape.
    post.accept(
        stream,
        ByteString.copyFromUtf8(
            "{\"type\":\"status\",\"stream\":\"" + stream + "\",\"live\":" + live + "}"));
  }

  @Override
  public boolean told(String stream) {
    return stateBroadcaster.has(stream, Kind.STATUS);
  }
}
