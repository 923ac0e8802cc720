package io.ovation.async;

import java.util.concurrent.atomic.AtomicInteger;

/** Limits how many operations may be in flight at a time. Any thread. */
public final class InFlightLimiter {
  private final int limit;
  private final AtomicInteger used = new AtomicInteger();

  public InFlightLimiter(int limit) {
    this.limit = limit;
  }

  /** Takes one place; returns false, and takes nothing, if none is free. */
  public boolean take() {
    return take(1);
  }

  /** Takes {@code places}; returns false, and takes nothing, if fewer are free. */
  public boolean take(int places) {
    return takeLeaving(0, places);
  }

  /** Takes one place, if {@code reserved} places stay free, which others may take. */
  public boolean takeLeaving(int reserved) {
    return takeLeaving(reserved, 1);
  }

  /** The same for {@code places}. */
  public boolean takeLeaving(int reserved, int places) {
    if (used.addAndGet(places) <= limit - reserved) {
      return true;
    }
    used.addAndGet(-places);
    return false;
  }

  public void giveBack() {
    giveBack(1);
  }

  public void giveBack(int places) {
    used.addAndGet(-places);
  }

  public int used() {
    return Math.min(limit, used.get());
  }

  public int limit() {
    return limit;
  }
}
