package io.ovation.dispatch.comments;

import io.ovation.http.body.JsonText;
import io.ovation.http.body.Timestamps;
import io.ovation.live.proto.CommentRequest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The JSON message that viewers receive for a comment, encoded once for the whole cluster. */
final class CommentJson {
  private static final byte[] STREAM = ascii("{\"type\":\"comment\",\"stream\":\"");
  private static final byte[] ID = ascii("\",\"id\":\"");
  private static final byte[] USER = ascii("\",\"user\":\"");
  private static final byte[] TEXT = ascii("\",\"text\":\"");
  private static final byte[] AT = ascii("\",\"at\":\"");
  private static final byte[] OFFSET = ascii("\",\"offset\":");

  private CommentJson() {}

  /** The JSON up to and including {@code "offset":}; {@code EventJson} completes it. */
  static byte[] body(CommentRequest comment) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(128 + comment.getText().length());
    out.writeBytes(STREAM);
    out.writeBytes(escape(comment.getStream()));
    out.writeBytes(ID);
    out.writeBytes(escape(comment.getId()));
    out.writeBytes(USER);
    out.writeBytes(escape(comment.getUser()));
    out.writeBytes(TEXT);
    out.writeBytes(escape(comment.getText()));
    out.writeBytes(AT);
    out.writeBytes(ascii(Timestamps.of(comment.getAtMs())));
    out.writeBytes(OFFSET);
    return out.toByteArray();
  }

  private static byte[] escape(String text) {
    return JsonText.quoted(text);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
