package io.ovation.dispatch;

import io.ovation.bus.Events;
import io.ovation.bus.proto.Event;
import io.ovation.live.proto.CommentRequest;
import io.ovation.store.Store.Append;
import io.ovation.store.Store.Appended;

/** One comment on its way through a partition's pipeline. */
final class Comment {
  private final CommentRequest comment;
  private final byte[] body;
  private long offset;
  private long previous;
  private boolean sent;

  Comment(CommentRequest comment, long proposed) {
    this.comment = comment;
    this.body = CommentEvent.body(comment);
    this.offset = proposed;
  }

  String stream() {
    return comment.getStream();
  }

  /** Its identity among the comments of the last minutes; a NUL can't be in a stream's name. */
  String identity() {
    return comment.getStream() + '\0' + comment.getUser() + '\0' + comment.getId();
  }

  long offset() {
    return offset;
  }

  /** The offset before it in its stream as the store knows it; 0 if the store was not asked. */
  long previous() {
    return previous;
  }

  /** True if this owner's nodes have been given it under this offset. */
  boolean sent() {
    return sent;
  }

  void markSent() {
    sent = true;
  }

  void appended(Appended answer) {
    offset = answer.offset();
    previous = answer.previous();
  }

  Append append() {
    return new Append(comment.getStream(), comment.getUser(), comment.getId(), offset, body);
  }

  Event event() {
    return Events.event(comment.getUser(), comment.getId(), body, offset);
  }
}
