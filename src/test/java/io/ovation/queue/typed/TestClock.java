package io.ovation.queue.typed;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** The system clock, which the test may move forward. */
public final class TestClock implements InstantSource {
  private final AtomicLong ahead = new AtomicLong();

  public void forward(Duration by) {
    ahead.addAndGet(by.toMillis());
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(System.currentTimeMillis() + ahead.get());
  }
}
