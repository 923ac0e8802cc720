package io.ovation.ingress;

import java.util.concurrent.atomic.AtomicInteger;

/** A bound on what may be under way at a time. Any thread. */
final class InFlightLimiter {
  private final int limit;
  private final AtomicInteger used = new AtomicInteger();

  InFlightLimiter(int limit) {
    this.limit = limit;
  }

  /** Takes one place; false, and nothing taken, if there is none. */
  boolean take() {
    if (used.incrementAndGet() <= limit) {
      return true;
    }
    used.decrementAndGet();
    return false;
  }

  void giveBack() {
    giveBack(1);
  }

  void giveBack(int places) {
    used.addAndGet(-places);
  }

  int used() {
    return Math.min(limit, used.get());
  }

  int limit() {
    return limit;
  }
}
