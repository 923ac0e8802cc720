package io.ovation.queue.rabbit;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Doubling pauses with jitter (half to the whole of the pause), so that many nodes that lost the
 * broker together don't come back together.
 */
record ReconnectBackoff(Duration initial, Duration max) {

  /** The pause before attempt {@code attempt} (1, 2, …), in ms. */
  long millis(int attempt) {
    long doubled = initial.toMillis() << Math.min(attempt - 1, 20);
    long pause = Math.max(1, Math.min(doubled, max.toMillis()));
    return pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
  }
}
