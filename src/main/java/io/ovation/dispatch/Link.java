package io.ovation.dispatch;

import io.ovation.bus.RouteSum;
import java.util.ArrayDeque;
import java.util.Deque;

/** One node, as the owner of one partition sees it. */
final class Link {
  private final String node;
  private final RouteSum routed = new RouteSum();
  private final Deque<Work> unanswered = new ArrayDeque<>();
  private long number;
  private boolean suspended;

  Link(String node) {
    this.node = node;
  }

  String node() {
    return node;
  }

  /** The streams that are routed to it. */
  RouteSum routed() {
    return routed;
  }

  boolean suspended() {
    return suspended;
  }

  int unanswered() {
    return unanswered.size();
  }

  /** Counts a batch as under way and gives it its number. */
  long sending(Work work) {
    unanswered.add(work);
    work.waiting++;
    return ++number;
  }

  /** False if the batch was given up on before its answer came. */
  boolean answered(Work work) {
    boolean waited = unanswered.remove(work);
    if (waited) {
      work.waiting--;
    }
    return waited;
  }

  /** Nothing is sent to it and nothing awaited from it until it registers again. */
  void suspend() {
    suspended = true;
    unanswered.forEach(work -> work.waiting--);
    unanswered.clear();
  }

  void resume() {
    suspended = false;
  }
}
