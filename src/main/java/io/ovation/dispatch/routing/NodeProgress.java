package io.ovation.dispatch.routing;

import io.ovation.dispatch.comments.CommentBatch;
import io.ovation.wire.RoutingChecksum;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** A node as the owner of one partition sees it: the batches in flight to it, its suspension. */
public final class NodeProgress {
  private static final int FORGET = 30;

  private final String id;
  private final RoutingChecksum checksum = new RoutingChecksum();
  private final Deque<CommentBatch> unanswered = new ArrayDeque<>();
  private final Set<String> listed = new HashSet<>(0);
  private long number;
  private boolean suspended;
  private boolean listing;

  /** Since when its full window has held up the partition; negative while it does not. */
  private long blockingSinceMs = -1;

  /** For how long it held up the partition, less a part of the time since. */
  private long blockedMs;

  private long measuredMs;

  NodeProgress(String id) {
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

  public int unanswered() {
    return unanswered.size();
  }

  /** The batch is being sent. Returns the number it has for this node. */
  long sending(CommentBatch batch) {
    unanswered.add(batch);
    batch.expectAnswer();
    return ++number;
  }

  /** Has no effect if the node was suspended before it answered. */
  void answered(CommentBatch batch, long nowMs) {
    unblock(nowMs);
    if (unanswered.remove(batch)) {
      batch.answered();
    }
  }

  /** Nothing is sent to it, and no answer awaited, until it registers all its streams. */
  public void suspend(long nowMs) {
    unblock(nowMs);
    drop();
  }

  /** The node has left the cluster: no answer is awaited. */
  void drop() {
    suspended = true;
    unanswered.forEach(CommentBatch::answered);
    unanswered.clear();
  }

  public void resume() {
    suspended = false;
  }

  /** The node begins to list all its streams. */
  void beginList() {
    listing = true;
    listed.clear();
  }

  boolean listing() {
    return listing;
  }

  void list(Collection<String> streams) {
    listed.addAll(streams);
  }

  Set<String> endList() {
    Set<String> all = Set.copyOf(listed);
    listing = false;
    listed.clear();
    return all;
  }

  /**
   * A batch cannot be sent because this node's window is full.
   *
   * @return for how many milliseconds the node has held up the partition by now. Of that, two
   *     seconds are forgotten per minute: a node that is always a little too slow is noticed, too.
   */
  long blocks(long nowMs) {
    if (blockingSinceMs < 0) {
      blockedMs = Math.max(0, blockedMs - (nowMs - measuredMs) / FORGET);
      blockingSinceMs = nowMs;
      measuredMs = nowMs;
    }
    return blockedMs + nowMs - blockingSinceMs;
  }

  private void unblock(long nowMs) {
    if (blockingSinceMs >= 0) {
      blockedMs += nowMs - blockingSinceMs;
      blockingSinceMs = -1;
      measuredMs = nowMs;
    }
  }
}
