package io.ovation.dispatch.comments;

import java.util.function.LongSupplier;

/** Limits how many comments a dispatcher sends: a token bucket that holds one second's worth. */
public final class DispatchRateLimiter {
  private final int perSecond;
  private final LongSupplier millis;
  private double tokens;
  private long filledAt;

  /**
   * @param perSecond comments per second, 0 for no limit
   * @param millis a clock that never goes back, in milliseconds
   */
  public DispatchRateLimiter(int perSecond, LongSupplier millis) {
    this.perSecond = perSecond;
    this.millis = millis;
    this.tokens = perSecond;
    this.filledAt = millis.getAsLong();
  }

  /** Takes up to {@code wanted} tokens; returns how many, 0 if the caller must wait. */
  int take(int wanted) {
    if (perSecond == 0) {
      return wanted;
    }
    long now = millis.getAsLong();
    tokens = Math.min(perSecond, tokens + (now - filledAt) * perSecond / 1000.0);
    filledAt = now;
    int granted = (int) Math.min(wanted, tokens);
    tokens -= granted;
    return granted;
  }

  /** What was taken and is not needed. */
  void giveBack(int unused) {
    tokens += unused;
  }

  /** Milliseconds until there is a token again. */
  long waitMillis() {
    return perSecond == 0 ? 1 : Math.max(1, Math.round(1000.0 / perSecond));
  }
}
