package io.ovation.dispatch.routing;

import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.wire.RoutingChecksum;
import java.util.ArrayDeque;
import java.util.Deque;

/** A node as the owner of one partition sees it: the batches in flight to it, its suspension. */
public final class NodeWindow {
  private final String id;
  private final RoutingChecksum checksum = new RoutingChecksum();
  private final Deque<CommentBatch> unanswered = new ArrayDeque<>();
  private long number;
  private boolean suspended;

  NodeWindow(String id) {
    this.id = id;
  }

  public String id() {
    return id;
  }

  /** Of the streams that are routed to it. */
  public RoutingChecksum checksum() {
    return checksum;
  }

  public boolean suspended() {
    return suspended;
  }

  int unanswered() {
    return unanswered.size();
  }

  /** The batch is being sent. Returns the number it has for this node. */
  long sending(CommentBatch batch) {
    unanswered.add(batch);
    batch.await();
    return ++number;
  }

  /** Has no effect if the node was suspended before it answered. */
  void answered(CommentBatch batch) {
    if (unanswered.remove(batch)) {
      batch.answered();
    }
  }

  /** Nothing is sent to it, and no answer awaited, until it registers all its streams. */
  public void suspend() {
    suspended = true;
    unanswered.forEach(CommentBatch::answered);
    unanswered.clear();
  }

  public void resume() {
    suspended = false;
  }
}
