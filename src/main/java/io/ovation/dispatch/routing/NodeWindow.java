package io.ovation.dispatch.routing;

import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.wire.RoutingChecksum;
import java.util.ArrayDeque;
import java.util.Deque;

/** One node, as the owner of one partition sees it. */
public final class NodeWindow {
  private final String node;
  private final RoutingChecksum routed = new RoutingChecksum();
  private final Deque<CommentBatch> unanswered = new ArrayDeque<>();
  private long number;
  private boolean suspended;

  NodeWindow(String node) {
    this.node = node;
  }

  public String node() {
    return node;
  }

  /** The streams that are routed to it. */
  public RoutingChecksum routed() {
    return routed;
  }

  public boolean suspended() {
    return suspended;
  }

  int unanswered() {
    return unanswered.size();
  }

  /** Counts a batch as under way and gives it its number. */
  long sending(CommentBatch work) {
    unanswered.add(work);
    work.waiting++;
    return ++number;
  }

  /** False if the batch was given up on before its answer came. */
  boolean answered(CommentBatch work) {
    boolean waited = unanswered.remove(work);
    if (waited) {
      work.waiting--;
    }
    return waited;
  }

  /** Nothing is sent to it and nothing awaited from it until it registers again. */
  public void suspend() {
    suspended = true;
    unanswered.forEach(work -> work.waiting--);
    unanswered.clear();
  }

  public void resume() {
    suspended = false;
  }
}
