package io.ovation.dispatch.comments;

import java.util.function.LongSupplier;

/** A token bucket of one second's depth: how many events this dispatcher may send. */
public final class RateLimiter {
  private final int perSecond;
  private final LongSupplier millis;
  private double tokens;
  private long at;

  /**
   * @param perSecond events per second, 0 for no limit
   * @param millis a clock that never goes back, in milliseconds
   */
  public RateLimiter(int perSecond, LongSupplier millis) {
    this.perSecond = perSecond;
    this.millis = millis;
    this.tokens = perSecond;
    this.at = millis.getAsLong();
  }

  /** Takes up to {@code wanted} events' worth; 0 means: come back later. */
  int take(int wanted) {
    if (perSecond == 0) {
      return wanted;
    }
    long now = millis.getAsLong();
    tokens = Math.min(perSecond, tokens + (now - at) * perSecond / 1000.0);
    at = now;
    int granted = (int) Math.min(wanted, tokens);
    tokens -= granted;
    return granted;
  }

  /** Milliseconds until one event may go. */
  long waitMillis() {
    return perSecond == 0 ? 1 : Math.max(1, Math.round(1000.0 / perSecond));
  }
}
