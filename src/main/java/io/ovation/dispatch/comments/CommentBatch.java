package io.ovation.dispatch.comments;

import io.ovation.queue.Delivery;
import java.util.List;

/**
 * A batch of deliveries of one partition. It is acked when it is kept (or the store is away), every
 * routed node has answered or is out of the route, and its poison items lie with the dead letters.
 */
public final class CommentBatch {
  public final List<PendingComment> items;
  final Delivery last;

  /** Holds items that may have been dispatched by another owner: only the store can tell. */
  final boolean redelivered;

  /** In the store. */
  boolean kept;

  /** The store was away: history gets a hole instead. */
  boolean waived;

  /** May be sent: its offsets are final. */
  boolean ready;

  public boolean sent;

  /** Nodes and dead letters that it still waits for. */
  public int waiting;

  CommentBatch(List<PendingComment> items, Delivery last, boolean redelivered) {
    this.items = items;
    this.last = last;
    this.redelivered = redelivered;
  }

  boolean done() {
    return (kept || waived) && sent && waiting == 0;
  }
}
