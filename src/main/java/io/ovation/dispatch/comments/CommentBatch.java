package io.ovation.dispatch.comments;

import io.ovation.queue.Delivery;
import java.util.List;

/**
 * Consecutive deliveries of one partition that move together. The batch may be acked when it is in
 * history (or the store is unavailable), when every routed node has answered or was suspended, and
 * when its poison items are dead-lettered.
 */
public final class CommentBatch {
  private enum History {
    PENDING,
    APPENDED,
    /** The store is unavailable: history gets a gap instead. */
    SKIPPED
  }

  private enum Sending {
    /** Its offsets are not final. */
    HELD,
    READY,
    SENT
  }

  private final List<PendingComment> comments;
  final Delivery last;

  /** It contains items that another owner may have dispatched: only the store knows. */
  final boolean redelivered;

  private History history = History.PENDING;
  private Sending sending = Sending.HELD;
  private int unanswered;

  /**
   * @param last the delivery whose ack covers the batch
   */
  CommentBatch(List<PendingComment> comments, Delivery last, boolean redelivered) {
    this.comments = comments;
    this.last = last;
    this.redelivered = redelivered;
  }

  public List<PendingComment> comments() {
    return comments;
  }

  /** Its offsets are final. Returns false if they were before. */
  boolean release() {
    boolean held = sending == Sending.HELD;
    if (held) {
      sending = Sending.READY;
    }
    return held;
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

  void appended() {
    history = History.APPENDED;
    release();
  }

  void skipHistory() {
    history = History.SKIPPED;
    release();
  }

  boolean skipsHistory() {
    return history == History.SKIPPED;
  }

  /** One more node, or dead letter, must answer before the ack. */
  public void await() {
    unanswered++;
  }

  public void answered() {
    unanswered--;
  }

  boolean done() {
    return history != History.PENDING && sent() && unanswered == 0;
  }
}
