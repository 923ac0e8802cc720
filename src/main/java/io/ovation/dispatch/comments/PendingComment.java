package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Event;

/** A comment between the queue and the nodes, with the offset proposed or confirmed for it. */
public final class PendingComment {
  private final CommentRequest comment;
  private final byte[] body;
  private long offset;
  private long previous;
  private boolean sent;

  PendingComment(CommentRequest comment, long proposed) {
    this.comment = comment;
    this.body = CommentJson.body(comment);
    this.offset = proposed;
  }

  public String stream() {
    return comment.getStream();
  }

  /** What makes it unique among recent comments; a stream's name cannot contain a NUL. */
  String identity() {
    return comment.getStream() + '\0' + comment.getUser() + '\0' + comment.getId();
  }

  public long offset() {
    return offset;
  }

  /** The offset before it in its stream, as the store knows it; 0 if the store was not asked. */
  public long previous() {
    return previous;
  }

  /** Whether this owner sent it under this offset. False for a duplicate. */
  boolean sent() {
    return sent;
  }

  public void markSent() {
    sent = true;
  }

  void appended(Appended answer) {
    offset = answer.offset();
    previous = answer.previous();
  }

  Append append() {
    return new Append(comment.getStream(), comment.getUser(), comment.getId(), offset, body);
  }

  public Event event() {
    return EventJson.event(comment.getUser(), comment.getId(), body, offset);
  }
}
