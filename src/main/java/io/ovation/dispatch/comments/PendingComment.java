package io.ovation.dispatch.comments;

import io.ovation.live.proto.CommentRequest;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;
import io.ovation.wire.EventJson;
import io.ovation.wire.proto.Event;

/** A comment between the queue and the nodes. It has an offset once its batch is released. */
public final class PendingComment {
  private final CommentRequest comment;
  private final byte[] body;
  private long offset;
  private long previous;
  private boolean known;
  private boolean sent;

  PendingComment(CommentRequest comment) {
    this.comment = comment;
    this.body = CommentJson.body(comment);
  }

  public String stream() {
    return comment.getStream();
  }

  /** What makes it unique among recent comments; a stream's name cannot contain a NUL. */
  String identity() {
    return identity(comment.getStream(), comment.getUser(), comment.getId());
  }

  static String identity(String stream, String user, String id) {
    return stream + '\0' + user + '\0' + id;
  }

  public long offset() {
    return offset;
  }

  /** The offset before it in its stream, as the store knows it; 0 if the store was not asked. */
  public long previous() {
    return previous;
  }

  /** Whether it had been appended before. */
  public boolean known() {
    return known;
  }

  /** Whether this owner sent it under this offset. False for a duplicate. */
  boolean sent() {
    return sent;
  }

  public void markSent() {
    sent = true;
  }

  public void appended(Appended answer) {
    offset = answer.offset();
    previous = answer.previous();
    known = answer.known();
  }

  /** The store was not asked. */
  void assign(long assigned) {
    offset = assigned;
  }

  /** To be appended at the offset that the store assigns. */
  Append append() {
    return new Append(comment.getStream(), comment.getUser(), comment.getId(), 0, body);
  }

  /** To be appended after viewers have received it. */
  Append delivered() {
    return new Append(comment.getStream(), comment.getUser(), comment.getId(), offset, body, true);
  }

  public Event event() {
    return EventJson.event(comment.getUser(), comment.getId(), body, offset);
  }
}
