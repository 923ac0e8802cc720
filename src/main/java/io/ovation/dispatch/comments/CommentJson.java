package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;

/** The JSON message that viewers receive for a comment, encoded once for the whole cluster. */
final class CommentJson {
  private CommentJson() {}

  /** The JSON up to and including {@code "offset":}. */
  static byte[] body(CommentRequest comment) {
    return EventJsonWriter.of("comment", comment.getStream())
        .text("id", comment.getId())
        .text("user", comment.getUser())
        .text("text", comment.getText())
        .optional("reply_to", comment.getReplyTo())
        .json("meta", comment.getMeta())
        .json("profile", comment.getProfile())
        .at(comment.getAtMs())
        .bytes();
  }
}
