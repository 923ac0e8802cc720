package io.ovation.dispatch.comments;

import io.ovation.queue.Delivery;
import java.util.List;

/**
 * Consecutive deliveries of one partition that move together. The batch may be acked when it is in
 * history (or the store is unavailable), when every routed node has answered or was suspended, when
 * the outboxes of the other regions have it, and when its poison items are dead-lettered.
 */
public final class CommentBatch {
  private enum History {
    PENDING,
    APPENDED,
    /** The store is unavailable: it is written to history later. */
    SKIPPED
  }

  private enum Sending {
    /** It has no offsets. */
    HELD,
    READY,
    SENT
  }

  private final List<PendingEvent> comments;
  final Delivery first;
  final Delivery last;
  private final BatchTrace trace;

  private History history = History.PENDING;
  private Sending sending = Sending.HELD;
  private int unanswered;

  /**
   * @param last the delivery whose ack covers the batch
   */
  CommentBatch(List<PendingEvent> comments, Delivery last) {
    this(comments, last, last, BatchTrace.NONE);
  }

  CommentBatch(List<PendingEvent> comments, Delivery first, Delivery last, BatchTrace trace) {
    this.comments = comments;
    this.trace = trace;
    this.first = first;
    this.last = last;
  }

  public List<PendingEvent> comments() {
    return comments;
  }

  public BatchTrace trace() {
    return trace;
  }

  /** When its oldest comment was accepted, in milliseconds since 1970; 0 if that is not known. */
  public long oldestMs() {
    long oldest = 0;
    for (PendingEvent comment : comments) {
      long at = comment.acceptedMs();
      oldest = oldest == 0 || (at > 0 && at < oldest) ? at : oldest;
    }
    return oldest;
  }

  boolean held() {
    return sending == Sending.HELD;
  }

  boolean ready() {
    return sending == Sending.READY;
  }

  boolean sent() {
    return sending == Sending.SENT;
  }

  public void markSent() {
    sending = Sending.SENT;
  }

  private void release() {
    if (sending == Sending.HELD) {
      sending = Sending.READY;
    }
  }

  void appended() {
    history = History.APPENDED;
    release();
  }

  void skipHistory() {
    history = History.SKIPPED;
    release();
  }

  /** Viewers receive it although history does not have it. */
  public boolean skipsHistory() {
    return history == History.SKIPPED;
  }

  /** One more node, or dead letter, must answer before the ack. */
  public void expectAnswer() {
    unanswered++;
  }

  public void answered() {
    unanswered--;
  }

  boolean done() {
    return history != History.PENDING && sent() && unanswered == 0;
  }
}
