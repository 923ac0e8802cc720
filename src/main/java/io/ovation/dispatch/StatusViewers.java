package io.ovation.dispatch;

import com.google.protobuf.ByteString;
import io.ovation.bus.proto.State.Kind;
import java.util.function.BiConsumer;

/** Viewers hear of a stream's status by the partition's board. */
final class StatusViewers implements Statuses.Viewers {
  private final Routes routes;
  private final Board board;
  private final BiConsumer<String, ByteString> post;

  /**
   * @param post puts a stream's status, as JSON, on the board and lets it be told
   */
  StatusViewers(Routes routes, Board board, BiConsumer<String, ByteString> post) {
    this.routes = routes;
    this.board = board;
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
    return board.has(stream, Kind.STATUS);
  }
}
