package io.ovation.packages;

import java.time.Duration;

/**
 * A handler fails with this when it knows how long the next attempt should wait: at least this
 * long, and at most {@code packages.backoff_max}.
 */
public class RetryLater extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Duration pause;

  public RetryLater(String reason, Duration pause) {
    super(reason, null, false, false);
    this.pause = pause;
  }

  public Duration pause() {
    return pause;
  }
}
