package io.ovation.stage;

import io.ovation.auth.Caller;
import io.ovation.trace.TraceSpan;
import org.jspecify.annotations.Nullable;

/**
 * A comment as it was sent, not validated yet.
 *
 * @param user that the body names; with a token the token's user, or null
 * @param id the sender's own id; null if it gave none
 * @param newId what the comment gets instead; answers and log lines name it
 * @param replyTo the id of the comment that it answers; null for none
 * @param meta an object that viewers receive with it; null for none
 * @param trace the span of the request; null if it is not traced
 */
public record CommentSubmission(
    Caller caller,
    String stream,
    @Nullable Object user,
    @Nullable Object text,
    @Nullable Object id,
    String newId,
    @Nullable Object replyTo,
    @Nullable Object meta,
    @Nullable TraceSpan trace) {
  public CommentSubmission(
      Caller caller,
      String stream,
      @Nullable Object user,
      @Nullable Object text,
      @Nullable Object id,
      @Nullable Object replyTo,
      @Nullable Object meta,
      @Nullable TraceSpan trace) {
    this(caller, stream, user, text, id, RandomIds.next(), replyTo, meta, trace);
  }

  public CommentSubmission(
      Caller caller,
      String stream,
      @Nullable Object user,
      @Nullable Object text,
      @Nullable Object id) {
    this(caller, stream, user, text, id, null, null, null);
  }
}
