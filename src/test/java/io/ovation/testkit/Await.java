package io.ovation.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition for a bounded time; the error names what did not happen. */
public final class Await {
  private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();

  private Await() {}

  /** Fails the test when {@code condition} is not true within {@code limit}. */
  public static void until(String what, Duration limit, BooleanSupplier condition) {
    until(() -> what, limit, condition);
  }

  /** The same; {@code what} is asked only when the wait failed. */
  public static void until(Supplier<String> what, Duration limit, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    for (boolean last = false; !condition.getAsBoolean(); last = System.nanoTime() > end) {
      // The condition is checked once more after the limit: this thread itself may have been late.
      if (last) {
        throw new AssertionError("not within " + limit.toMillis() + " ms: " + what.get());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Lets a fault last: time that has to pass because the promise under test is about time. */
  public static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
